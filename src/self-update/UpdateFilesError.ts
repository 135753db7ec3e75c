import type { PlatformError } from "effect/PlatformError"
import * as Schema from "effect/Schema"
import { reasonOf } from "../store/Database.ts"

/** A file of the installation could not be read or written. What was in use before stays in use. */
export class UpdateFilesError extends Schema.TaggedError<UpdateFilesError>()("UpdateFilesError", {
  path: Schema.String,
  reason: Schema.Literals(["full", "read_only", "failed"]),
  cause: Schema.Defect(),
}) {
  override get message() {
    const what = {
      full: "cannot be written, the disk is full: free space, the next attempt goes on by itself",
      read_only: "cannot be written: check owner, mode and mount options, and run this as root",
      failed: "cannot be read or written: check the disk it is on",
    }[this.reason]
    return `${this.path} ${what}`
  }
}

/** For `Effect.mapError`. */
export const filesError = (path: string) => (error: PlatformError) => {
  const reason = reasonOf(error.reason.cause)
  return new UpdateFilesError({
    path,
    reason: reason === "full" || reason === "read_only" ? reason : "failed",
    cause: error,
  })
}
