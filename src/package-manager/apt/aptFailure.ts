import * as Effect from "effect/Effect"
import type { SubprocessError, SubprocessResult } from "../../host/Subprocess.ts"
import { ManagerError } from "../PackageManager.ts"
import { complaintOf, lockRefusal, wantsRoot } from "./aptMessages.ts"

/** What a run that did not exit with 0 stumbled over. */
export const ended = (result: Pick<SubprocessResult, "stderr">): "locked" | "needs_root" | "failed" => {
  if (wantsRoot(result.stderr)) return "needs_root"
  return lockRefusal(result.stderr) === undefined ? "failed" : "locked"
}

/** The error for a run of apt or dpkg that did not exit with 0. */
export const aptFailure = (operation: string, result: SubprocessResult): ManagerError => {
  const holder = lockRefusal(result.stderr)
  return new ManagerError({
    manager: "apt",
    operation,
    reason: ended(result),
    detail: complaintOf(result),
    ...(holder === undefined ? {} : { holder }),
  })
}

/** Turns "could not be run to its end" into the error of an operation. */
export const notRun = (operation: string) =>
  Effect.mapError((error: SubprocessError) => {
    const reasons = { not_found: "not_available", timed_out: "timed_out" } as const
    const reason =
      error.reason === "not_found" || error.reason === "timed_out" ? reasons[error.reason] : "failed"
    return new ManagerError({ manager: "apt", operation, reason, detail: error.message })
  })
