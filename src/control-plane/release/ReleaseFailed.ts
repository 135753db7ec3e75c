import * as Runtime from "effect/Runtime"
import * as Schema from "effect/Schema"

/** Of sysexits(3): EX_USAGE and EX_NOINPUT. */
export const releaseExitCodes = { failed: 1, usage: 64, noInput: 66 } as const

/** Releases that were not changed; what was published before is as it was. */
export class ReleaseFailed extends Schema.TaggedError<ReleaseFailed>()("ReleaseFailed", {
  reason: Schema.Literals(["failed", "usage", "noInput"]),
  /** What failed and what to do about it. */
  detail: Schema.String,
}) {
  override readonly [Runtime.errorExitCode] = releaseExitCodes[this.reason]
  override get message() {
    return this.detail
  }
}
