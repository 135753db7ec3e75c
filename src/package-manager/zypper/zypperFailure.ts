import type { SubprocessResult } from "../../host/Subprocess.ts"
import { notRunBy } from "../managerFailure.ts"
import { ManagerError } from "../PackageManager.ts"
import { zypperExit } from "./zypperExit.ts"
import { complaintOf, lockRefusal } from "./zypperMessages.ts"
import type { ZypperStream } from "./zypperStream.ts"

/** Turns "could not be run to its end" into the error of an operation. */
export const notRun = notRunBy("zypper")

/** The error for a run of zypper that came to no answer. */
export const zypperFailure = (
  operation: string,
  result: SubprocessResult,
  stream: ZypperStream,
): ManagerError => {
  const { meaning } = zypperExit(result.exitCode)
  const isOther = meaning === "done" || meaning === "unsolved"
  return new ManagerError({
    manager: "zypper",
    operation,
    reason: isOther ? "failed" : meaning,
    detail: complaintOf(stream, result),
    ...(meaning === "locked" ? { holder: lockRefusal(stream) } : {}),
  })
}
