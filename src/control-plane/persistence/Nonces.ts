import * as Context from "effect/Context"
import type * as DateTime from "effect/DateTime"
import type * as Effect from "effect/Effect"
import type { PersistenceError } from "./PersistenceError.ts"

/**
 * Nonces of requests whose signature verified. Kept with everything else, so that a restart forgets none and
 * several nodes share one memory; bounded, because a nonce is dropped when its signature is too old to pass.
 */
export class Nonces extends Context.Service<
  Nonces,
  {
    /** True the first time `nonce` is seen under `keyid`, and never after `until`, when it is forgotten. */
    readonly claim: (
      keyid: string,
      nonce: string,
      until: DateTime.Utc,
    ) => Effect.Effect<boolean, PersistenceError>
  }
>()("patchctl/control-plane/persistence/Nonces") {}
