import * as Context from "effect/Context"
import type * as DateTime from "effect/DateTime"
import type * as Effect from "effect/Effect"
import type * as Option from "effect/Option"
import type { Operator } from "../../protocol/OperatorApi.ts"
import type { SecretHash } from "../secretHash.ts"
import type { PersistenceError } from "./PersistenceError.ts"

/** Licence keys and operator tokens. Only their hashes are known here; no secret can be read back. */
export class Credentials extends Context.Service<
  Credentials,
  {
    /** The organisation of a licence key. */
    readonly licenseKey: (key: SecretHash) => Effect.Effect<Option.Option<string>, PersistenceError>
    readonly operatorToken: (
      token: SecretHash,
    ) => Effect.Effect<Option.Option<Operator["Service"]>, PersistenceError>
    /** Whether there is any licence key and any operator token, revoked ones included. */
    readonly present: Effect.Effect<
      { readonly licenseKey: boolean; readonly operatorToken: boolean },
      PersistenceError
    >
    /** Adding a key that is known changes nothing. */
    readonly addLicenseKey: (
      key: SecretHash,
      organization: string,
      at: DateTime.Utc,
    ) => Effect.Effect<void, PersistenceError>
    readonly addOperatorToken: (
      token: SecretHash,
      operator: Operator["Service"],
      at: DateTime.Utc,
    ) => Effect.Effect<void, PersistenceError>
  }
>()("patchctl/control-plane/persistence/Credentials") {}
