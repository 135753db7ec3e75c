import { calculateJwkThumbprint, SignJWT } from "jose"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import { createPrivateKey, createPublicKey } from "node:crypto"
import { PublicKey } from "../protocol/AgentMessages.ts"
import { CommandClaims, commandType } from "../protocol/CommandEnvelope.ts"

const decodePublicKey = Schema.decodeUnknownSync(PublicKey)
const encodeClaims = Schema.encodeSync(CommandClaims)

/** Signs commands with a key that serves for nothing else, and says which keys agents shall pin. */
export class CommandSigner extends Context.Service<
  CommandSigner,
  {
    /** The `iss` of every command: this control plane's own name. */
    readonly issuer: string
    readonly keys: readonly [PublicKey, ...ReadonlyArray<PublicKey>]
    /** A command envelope: JWS, compact, EdDSA, `typ: patchctl-command+jws`. */
    readonly sign: (claims: CommandClaims) => Effect.Effect<string>
  }
>()("patchctl/control-plane/CommandSigner") {
  /** `privateKey`: an Ed25519 key as PKCS#8 in PEM. */
  static readonly layer = (options: {
    readonly issuer: string
    readonly privateKey: Redacted.Redacted<string>
  }) =>
    Layer.effect(
      CommandSigner,
      Effect.gen(function* () {
        const privateKey = createPrivateKey(Redacted.value(options.privateKey))
        const jwk = createPublicKey(privateKey).export({ format: "jwk" })
        const kid = yield* Effect.promise(() => calculateJwkThumbprint(jwk))
        return CommandSigner.of({
          issuer: options.issuer,
          keys: [decodePublicKey({ ...jwk, kid })],
          sign: Effect.fn("CommandSigner.sign")((claims: CommandClaims) =>
            Effect.promise(() =>
              new SignJWT(encodeClaims(claims))
                .setProtectedHeader({ alg: "EdDSA", typ: commandType, kid })
                .sign(privateKey),
            ),
          ),
        })
      }),
    )
}
