import { calculateJwkThumbprint, CompactSign, exportJWK, generateKeyPair } from "jose"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { AgentId, CommandId } from "../../src/domain/Identifiers.ts"
import { CommandClaims, commandType } from "../../src/protocol/CommandEnvelope.ts"
import { PublicKey } from "../../src/protocol/AgentMessages.ts"
import type { TrustAnchor } from "../../src/protocol/TrustAnchor.ts"

export const agentId = AgentId.make("agt_00000000-0000-4000-8000-000000000001")
export const otherAgentId = AgentId.make("agt_00000000-0000-4000-8000-000000000002")
export const issuer = "cp_test"
export const organization = "org_test"

export const commandId = (number: number) =>
  CommandId.make(`cmd_00000000-0000-4000-8000-${String(number).padStart(12, "0")}`)

const decodeKey = Schema.decodeUnknownEffect(PublicKey)

/** A command-signing key as a control plane has one, and envelopes as it makes them, good and bad. */
export const makeSigner = Effect.gen(function* () {
  const { privateKey, publicKey } = yield* Effect.promise(() => generateKeyPair("Ed25519"))
  const jwk = yield* Effect.promise(() => exportJWK(publicKey))
  const kid = yield* Effect.promise(() => calculateJwkThumbprint(jwk))
  const key = yield* Effect.orDie(decodeKey({ ...jwk, kid }))
  const anchor: TrustAnchor = { agentId, issuer, organization, commandKeys: [key] }
  const seal = (payload: unknown, header: Record<string, string> = {}) =>
    Effect.promise(() =>
      new CompactSign(
        new TextEncoder().encode(typeof payload === "string" ? payload : JSON.stringify(payload)),
      )
        .setProtectedHeader({ alg: "EdDSA", typ: commandType, kid: key.kid, ...header })
        .sign(privateKey),
    )
  /** Signs any text in place of header and payload, as no library would. */
  const sealText = (input: string) =>
    Effect.promise(() => crypto.subtle.sign("Ed25519", privateKey, Buffer.from(input))).pipe(
      Effect.map((signature) => `${input}.${Buffer.from(signature).toString("base64url")}`),
    )
  /** Signs any header over any bytes. */
  const sealRaw = (header: unknown, payload: Uint8Array) => {
    const text = typeof header === "string" ? header : JSON.stringify(header)
    return sealText(
      `${Buffer.from(text).toString("base64url")}.${Buffer.from(payload).toString("base64url")}`,
    )
  }
  return { anchor, key, seal, sealRaw, sealText }
})

/** Claims that are good at the epoch, where TestClock starts. */
export const claims = (
  number: number,
  command: CommandClaims["command"],
  changes: Partial<CommandClaims> = {},
): CommandClaims => ({
  jti: commandId(number),
  iss: issuer,
  aud: agentId,
  iat: 0,
  nbf: 0,
  exp: 3600,
  seq: number,
  command,
  ...changes,
})
