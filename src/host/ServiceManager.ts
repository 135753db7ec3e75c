import * as Context from "effect/Context"
import type * as Duration from "effect/Duration"
import type * as Effect from "effect/Effect"

/** What started this process as a service, if it listens: sd_notify(3). Nothing here fails; nobody may be listening. */
export class ServiceManager extends Context.Service<
  ServiceManager,
  {
    /** The service has started. */
    readonly ready: Effect.Effect<void>
    /** The service lives, and says so again within this time; if it does not, it is to be ended and started anew. */
    readonly alive: (next: Duration.Duration) => Effect.Effect<void>
  }
>()("patchctl/host/ServiceManager") {}
