import type { SubprocessResult } from "../../host/Subprocess.ts"
import { notRunBy } from "../managerFailure.ts"
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
export const notRun = notRunBy("apt")
