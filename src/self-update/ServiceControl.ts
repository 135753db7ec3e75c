import * as Context from "effect/Context"
import type * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"

/** The agent was not restarted. */
export class RestartFailed extends Schema.TaggedError<RestartFailed>()("RestartFailed", {
  detail: Schema.String,
}) {
  override get message() {
    return `the agent could not be restarted: ${this.detail}`
  }
}

/** Whoever starts the agent on this host. */
export class ServiceControl extends Context.Service<
  ServiceControl,
  {
    /** Whether there is one that this updater knows. */
    readonly present: boolean
    /** Ends the running daemon and starts the executable in use. */
    readonly restart: Effect.Effect<void, RestartFailed>
  }
>()("patchctl/self-update/ServiceControl") {}
