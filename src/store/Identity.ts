import { calculateJwkThumbprint } from "jose"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject } from "node:crypto"
import { AgentId } from "../domain/Identifiers.ts"
import { type Enrolled, PublicKey } from "../protocol/AgentMessages.ts"
import { Database, StoreError } from "./Database.ts"

/** Who this agent is to its control plane. */
export const StoredEnrolment = Schema.Struct({ agentId: AgentId, exchangeToken: Schema.String })
export type StoredEnrolment = typeof StoredEnrolment.Type

const IdentityRow = Schema.Struct({
  private_key: Schema.String,
  agent_id: Schema.NullOr(AgentId),
  exchange_token: Schema.NullOr(Schema.String),
})

const decodeRow = Schema.decodeUnknownEffect(IdentityRow)
const decodePublicKey = Schema.decodeUnknownEffect(PublicKey)

/** This agent's key pair, made on first start, and what enrolment gave it. */
export class Identity extends Context.Service<
  Identity,
  {
    readonly publicKey: PublicKey
    /** Signs requests. Never leaves the process. */
    readonly privateKey: KeyObject
    readonly enrolment: Effect.Effect<Option.Option<StoredEnrolment>, StoreError>
    readonly remember: (
      enrolled: Pick<Enrolled, "agentId" | "exchangeToken">,
    ) => Effect.Effect<void, StoreError>
    readonly rotateToken: (exchangeToken: string) => Effect.Effect<void, StoreError>
    /** Forgets the enrolment, not the key: the next beat enrols again. */
    readonly forget: Effect.Effect<void, StoreError>
  }
>()("patchctl/store/Identity") {
  static readonly layer: Layer.Layer<Identity, StoreError, Database> = Layer.effect(
    Identity,
    Effect.gen(function* () {
      const db = yield* Database
      const damaged = (cause: unknown) => new StoreError({ path: "identity", reason: "damaged", cause })

      const generated = generateKeyPairSync("ed25519").privateKey.export({ type: "pkcs8", format: "pem" })
      yield* db.run("INSERT OR IGNORE INTO identity (only, private_key) VALUES (1, ?)", generated.toString())

      const row = Effect.gen(function* () {
        const [stored] = yield* db.all("SELECT private_key, agent_id, exchange_token FROM identity")
        return yield* Effect.mapError(decodeRow(stored), damaged)
      })

      const { private_key } = yield* row
      const privateKey = yield* Effect.try({ try: () => createPrivateKey(private_key), catch: damaged })
      const jwk = createPublicKey(privateKey).export({ format: "jwk" })
      const kid = yield* Effect.tryPromise({ try: () => calculateJwkThumbprint(jwk), catch: damaged })
      const publicKey = yield* Effect.mapError(decodePublicKey({ ...jwk, kid }), damaged)

      return Identity.of({
        publicKey,
        privateKey,
        enrolment: Effect.map(row, ({ agent_id, exchange_token }) =>
          agent_id === null || exchange_token === null
            ? Option.none()
            : Option.some({ agentId: agent_id, exchangeToken: exchange_token }),
        ),
        remember: ({ agentId, exchangeToken }) =>
          Effect.asVoid(
            db.run("UPDATE identity SET agent_id = ?, exchange_token = ?", agentId, exchangeToken),
          ),
        rotateToken: (exchangeToken) =>
          Effect.asVoid(db.run("UPDATE identity SET exchange_token = ?", exchangeToken)),
        forget: Effect.asVoid(db.run("UPDATE identity SET agent_id = NULL, exchange_token = NULL")),
      })
    }),
  )
}
