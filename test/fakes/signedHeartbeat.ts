import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { createSigner, httpbis, type SigningKey } from "http-message-signatures"
import { createHash } from "node:crypto"
import { type SignableRequest, signRequest, verifyRequest } from "../../src/protocol/requestSignature.ts"
import { makeAgentKey } from "./agentKey.ts"

/** One signed heartbeat, the verifier's view of it at `now`, and the means to forge it. */
export const agent = makeAgentKey()
export const keyid = "agt_00000000-0000-4000-8000-000000000001"
export const now = DateTime.makeUnsafe("2026-11-22T12:00:00Z")
export const nonce = "0123456789abcdef"

export const lookup = (asked: string) =>
  Effect.succeed(asked === keyid ? Option.some(agent.publicKey) : Option.none())

export const heartbeat: SignableRequest = {
  method: "POST",
  url: "https://api.example.com/v1/heartbeats",
  headers: { "content-type": "application/json", "content-encoding": "zstd" },
  body: new TextEncoder().encode('{"beat":1}'),
}

export const sign = (
  request: SignableRequest,
  {
    privateKey = agent.privateKey,
    created = now,
  }: { privateKey?: typeof agent.privateKey; created?: DateTime.Utc } = {},
) =>
  Effect.map(signRequest(request, { keyid, nonce, created, privateKey }), (fields): SignableRequest => ({
    ...request,
    headers: { ...request.headers, ...fields },
  }))

export const withHeader = (
  request: SignableRequest,
  name: string,
  value: string | undefined,
): SignableRequest => ({
  ...request,
  headers: { ...request.headers, [name]: value },
})

/** The reason for which `request` is refused when it arrives at `now`. */
export const refusal = (request: SignableRequest) =>
  verifyRequest(request, now, lookup).pipe(
    Effect.match({ onSuccess: () => "accepted", onFailure: (error) => error.reason }),
  )

/** A signature by other means than our own: any key, algorithm and set of covered components. */
export const signOtherwise = (key: SigningKey, fields: Array<string>) =>
  Effect.promise(() => {
    const digest = `sha-256=:${createHash("sha256").update(heartbeat.body).digest("base64")}:`
    return httpbis.signMessage(
      {
        key,
        fields,
        params: ["created", "nonce", "keyid", "alg"],
        paramValues: { created: DateTime.toDateUtc(now), nonce },
      },
      {
        method: heartbeat.method,
        url: heartbeat.url,
        headers: { "content-encoding": "zstd", "content-digest": digest },
      },
    )
  }).pipe(
    Effect.map(({ headers }): SignableRequest => {
      const fields = Object.entries(headers).map(([name, value]) => [name.toLowerCase(), String(value)])
      return { ...heartbeat, headers: Object.fromEntries(fields) }
    }),
  )

export const ed25519 = (privateKey: typeof agent.privateKey) => createSigner(privateKey, "ed25519", keyid)
export const hmac = (secret: Buffer) => createSigner(secret, "hmac-sha256", keyid)

export const everyComponent = ["@method", "@authority", "@path", "content-digest", "content-encoding"]
