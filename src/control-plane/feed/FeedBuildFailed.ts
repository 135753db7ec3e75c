import * as Runtime from "effect/Runtime"
import * as Schema from "effect/Schema"

/** Of sysexits(3): EX_USAGE and EX_NOINPUT. */
export const feedExitCodes = { failed: 1, usage: 64, noInput: 66 } as const

/** A feed that was not built; whatever was published before is as it was. */
export class FeedBuildFailed extends Schema.TaggedError<FeedBuildFailed>()("FeedBuildFailed", {
  reason: Schema.Literals(["failed", "usage", "noInput"]),
  /** What failed and what to do about it. */
  detail: Schema.String,
}) {
  override readonly [Runtime.errorExitCode] = feedExitCodes[this.reason]
  override get message() {
    return this.detail
  }
}
