import * as NodeHttpClient from "@effect/platform-node/NodeHttpClient"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import * as HttpClient from "effect/http/HttpClient"
import * as HttpClientRequest from "effect/http/HttpClientRequest"
import { randomUUID } from "node:crypto"
import { Enrolled, Enrolment, Heartbeat, HeartbeatReply } from "../../src/protocol/AgentMessages.ts"
import { signRequest } from "../../src/protocol/requestSignature.ts"
import { makeAgentKey } from "../fakes/agentKey.ts"
import { TestControlPlane } from "../fakes/TestControlPlane.ts"
import { enrolment, heartbeat, machineIdOf } from "./samples.ts"

/** An answer as it came over the wire. */
export interface Answer {
  readonly status: number
  readonly contentType: string | undefined
  readonly body: string
}

const Problem = Schema.fromJsonString(
  Schema.Struct({ code: Schema.String, detail: Schema.optionalKey(Schema.String), status: Schema.Int }),
)
export const problemOf = (answer: Answer) => Schema.decodeEffect(Problem)(answer.body)

/** Status and code of a problem, or just the status of anything else. */
export const outcomeOf = (answer: Answer) =>
  answer.contentType === "application/problem+json"
    ? Effect.map(problemOf(answer), ({ code }) => `${answer.status} ${code}`)
    : Effect.succeed(String(answer.status))

/** Sends bytes as they are to the test control plane, over TLS 1.3. */
export const send = Effect.fnUntraced(function* (
  path: string,
  headers: Readonly<Record<string, string>>,
  body: Uint8Array = new Uint8Array(),
  method: "GET" | "POST" = "POST",
) {
  const { url, ca } = yield* TestControlPlane
  const request = HttpClientRequest.make(method)(`${url}${path}`).pipe(
    method === "GET" ? (same) => same : HttpClientRequest.bodyUint8Array(body, "application/json"),
    HttpClientRequest.setHeaders(headers),
  )
  const http = yield* HttpClient.HttpClient.pipe(
    Effect.provide(NodeHttpClient.layerNodeHttpOptions({ ca, minVersion: "TLSv1.3" })),
  )
  const response = yield* http.execute(request)
  const answer: Answer = {
    status: response.status,
    contentType: response.headers["content-type"],
    body: yield* response.text,
  }
  return answer
}, Effect.scoped)

export type AgentKey = ReturnType<typeof makeAgentKey>

/** What may differ from a flawless signed request. */
export interface Flaws {
  readonly nonce?: string
  readonly ageSeconds?: number
  /** Replaces the body after it was signed. */
  readonly swappedBody?: Uint8Array
  readonly headers?: Readonly<Record<string, string>>
}

/** The headers of a signed request; the signature covers the bytes as sent. */
export const signedHeaders = Effect.fnUntraced(function* (
  path: string,
  keyid: string,
  { privateKey }: AgentKey,
  body: Uint8Array,
  { nonce = randomUUID(), ageSeconds = 0, headers = {} }: Flaws = {},
) {
  const { url } = yield* TestControlPlane
  const now = yield* DateTime.now
  const fields = yield* signRequest(
    { method: "POST", url: `${url}${path}`, headers, body },
    { keyid, nonce, created: DateTime.subtract(now, { seconds: ageSeconds }), privateKey },
  )
  return { ...headers, ...fields }
})

/** Signs and sends. */
export const sendSigned = Effect.fnUntraced(function* (
  path: string,
  keyid: string,
  key: AgentKey,
  body: Uint8Array,
  flaws: Flaws = {},
) {
  return yield* send(path, yield* signedHeaders(path, keyid, key, body, flaws), flaws.swappedBody ?? body)
})

const bytesOf = <A, I>(schema: Schema.Codec<A, I>) => {
  const encode = Schema.encodeEffect(Schema.fromJsonString(schema))
  return (value: A) => Effect.map(encode(value), (text) => new TextEncoder().encode(text))
}
export const enrolmentBytes = bytesOf(Enrolment)
export const heartbeatBytes = bytesOf(Heartbeat)

const decodeEnrolled = Schema.decodeEffect(Schema.fromJsonString(Enrolled))
const decodeReply = Schema.decodeEffect(Schema.fromJsonString(HeartbeatReply))

/** Enrols a new agent of the imaginary machine `number`. */
export const enrolAgent = Effect.fnUntraced(function* (
  number = 1,
  {
    key = makeAgentKey(),
    ...more
  }: Partial<Enrolment> & { readonly key?: ReturnType<typeof makeAgentKey> } = {},
) {
  const { licenseKey } = yield* TestControlPlane
  const body = yield* enrolmentBytes({ ...enrolment(key.publicKey, machineIdOf(number)), ...more })
  const headers = { authorization: `Bearer ${Redacted.value(licenseKey)}` }
  const answer = yield* sendSigned("/v1/agents", key.publicKey.kid, key, body, { headers })
  return { key, ...(yield* decodeEnrolled(answer.body)) }
})
export type TestAgent = Effect.Success<ReturnType<typeof enrolAgent>>

/** One beat and its reply. */
export const beat = Effect.fnUntraced(function* (
  { agentId, key, exchangeToken }: Pick<TestAgent, "agentId" | "key" | "exchangeToken">,
  more: Partial<Heartbeat> = {},
) {
  const body = yield* heartbeatBytes(heartbeat(exchangeToken, { sentAt: yield* DateTime.now, ...more }))
  const answer = yield* sendSigned("/v1/heartbeats", agentId, key, body)
  return yield* decodeReply(answer.body)
})
