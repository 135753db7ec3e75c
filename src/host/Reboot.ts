import * as Context from "effect/Context"
import type * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"

/** The host does not restart: nobody took the request. */
export class RebootRefused extends Schema.TaggedError<RebootRefused>()("RebootRefused", {
  detail: Schema.String,
}) {
  override get message() {
    return `the restart was not accepted: ${this.detail}`
  }
}

/** Restarts this host. */
export class Reboot extends Context.Service<
  Reboot,
  {
    /** Succeeds when the request was taken, or may have been: what follows is the end of this process, or nothing. */
    readonly request: Effect.Effect<void, RebootRefused>
  }
>()("patchctl/host/Reboot") {}
