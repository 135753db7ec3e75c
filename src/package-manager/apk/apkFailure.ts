import type { SubprocessResult } from "../../host/Subprocess.ts"
import { notRunBy } from "../managerFailure.ts"
import { ManagerError } from "../PackageManager.ts"
import { complaintOf } from "./apkMessages.ts"

/** Turns "could not be run to its end" into the error of an operation. */
export const notRun = notRunBy("apk")

/** What a run that could not do its work stumbled over. */
export const ended = (stderr: string): "needs_root" | "locked" | "database_damaged" | "failed" => {
  if (/Unable to (?:lock database|open log): (?:Permission denied|Operation not permitted)/.test(stderr))
    return "needs_root"
  // apk 2 words EAGAIN by itself; with --wait, the alarm that ends the wait is all that apk says of it.
  if (/Unable to lock database: (?:temporary error|Resource temporarily|Interrupted)/.test(stderr))
    return "locked"
  return /Unable to read database|database (?:file )?format error/.test(stderr)
    ? "database_damaged"
    : "failed"
}

/** The error for a run of apk that could not do its work. */
export const apkFailure = (operation: string, result: SubprocessResult): ManagerError =>
  new ManagerError({
    manager: "apk",
    operation,
    reason: ended(result.stderr),
    detail: complaintOf(result),
  })

export const notAnswered = (operation: string, detail: string): ManagerError =>
  new ManagerError({ manager: "apk", operation, reason: "output_not_understood", detail })
