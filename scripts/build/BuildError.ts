import * as Schema from "effect/Schema"

/** The build cannot go on. */
export class BuildError extends Schema.TaggedError<BuildError>()("BuildError", {
  what: Schema.String,
  cause: Schema.optionalKey(Schema.Defect()),
}) {
  override get message() {
    return `${this.what}${this.cause instanceof Error ? `: ${this.cause.message}` : ""}`
  }
}
