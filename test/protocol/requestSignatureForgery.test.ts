import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { createHash } from "node:crypto"
import type { SignableRequest } from "../../src/protocol/requestSignature.ts"
import { makeAgentKey } from "../fakes/agentKey.ts"
import {
  agent,
  ed25519,
  everyComponent,
  heartbeat,
  hmac,
  refusal,
  sign,
  signOtherwise,
  withHeader,
} from "../fakes/signedHeartbeat.ts"

describe("a forged request", () => {
  const forgeries: ReadonlyArray<readonly [string, (signed: SignableRequest) => SignableRequest, string]> = [
    ["another method", (signed) => ({ ...signed, method: "PUT" }), "bad_signature"],
    [
      "another authority",
      (signed) => ({ ...signed, url: "https://evil.example.com/v1/heartbeats" }),
      "bad_signature",
    ],
    [
      "another port",
      (signed) => ({ ...signed, url: "https://api.example.com:8443/v1/heartbeats" }),
      "bad_signature",
    ],
    ["another path", (signed) => ({ ...signed, url: "https://api.example.com/v1/results" }), "bad_signature"],
    ["a query", (signed) => ({ ...signed, url: `${signed.url}?x=1` }), "missing_component"],
    ["another body", (signed) => ({ ...signed, body: new Uint8Array(3) }), "digest_mismatch"],
    [
      "another body with its digest",
      (signed) => {
        const digest = createHash("sha256").update(new Uint8Array(3)).digest("base64")
        return { ...withHeader(signed, "content-digest", `sha-256=:${digest}:`), body: new Uint8Array(3) }
      },
      "bad_signature",
    ],
    ["another content-encoding", (signed) => withHeader(signed, "content-encoding", "gzip"), "bad_signature"],
    ["no content-encoding", (signed) => withHeader(signed, "content-encoding", undefined), "bad_signature"],
    ["no content-digest", (signed) => withHeader(signed, "content-digest", undefined), "digest_mismatch"],
    ["no signature", (signed) => withHeader(signed, "signature", undefined), "missing"],
    ["no signature-input", (signed) => withHeader(signed, "signature-input", undefined), "missing"],
    [
      "another keyid",
      (signed) =>
        withHeader(signed, "signature-input", signed.headers["signature-input"]?.replace("0001", "0002")),
      "unknown_key",
    ],
    [
      "a second signature",
      (signed) =>
        withHeader(
          signed,
          "signature-input",
          `${signed.headers["signature-input"]}, ${signed.headers["signature-input"]?.replace("sig=", "two=")}`,
        ),
      "malformed",
    ],
    [
      "a component with parameters",
      (signed) =>
        withHeader(
          signed,
          "signature-input",
          signed.headers["signature-input"]?.replace('"content-digest"', '"content-digest";key="sha-256"'),
        ),
      "malformed",
    ],
  ]

  for (const [name, forge, reason] of forgeries) {
    it.effect(`with ${name} is refused: ${reason}`, () =>
      Effect.gen(function* () {
        assert.strictEqual(yield* refusal(forge(yield* sign(heartbeat))), reason)
      }),
    )
  }

  it.effect("with an unsigned content-encoding added is refused: missing_component", () =>
    Effect.gen(function* () {
      const signed = yield* sign(withHeader(heartbeat, "content-encoding", undefined))
      assert.strictEqual(yield* refusal(withHeader(signed, "content-encoding", "gzip")), "missing_component")
    }),
  )

  it.effect("signed by another key is refused: bad_signature", () =>
    Effect.gen(function* () {
      const signed = yield* sign(heartbeat, { privateKey: makeAgentKey().privateKey })
      assert.strictEqual(yield* refusal(signed), "bad_signature")
    }),
  )

  for (const field of everyComponent) {
    it.effect(`signed properly but without ${field} is refused: missing_component`, () =>
      Effect.gen(function* () {
        const covered = everyComponent.filter((name) => name !== field)
        const signed = yield* signOtherwise(ed25519(agent.privateKey), covered)
        assert.strictEqual(yield* refusal(signed), "missing_component")
      }),
    )
  }

  for (const alg of ["none", "hmac-sha256", "rsa-v1_5-sha256", "Ed25519"]) {
    it.effect(`that claims alg ${alg} is refused: wrong_algorithm`, () =>
      Effect.gen(function* () {
        const signed = yield* sign(heartbeat)
        const input = signed.headers["signature-input"]?.replace('alg="ed25519"', `alg="${alg}"`)
        assert.strictEqual(yield* refusal(withHeader(signed, "signature-input", input)), "wrong_algorithm")
      }),
    )
  }

  it.effect("with the public key as an HMAC secret is refused: wrong_algorithm", () =>
    Effect.gen(function* () {
      const secret = Buffer.from(agent.publicKey.x, "base64url")
      assert.strictEqual(
        yield* refusal(yield* signOtherwise(hmac(secret), everyComponent)),
        "wrong_algorithm",
      )
    }),
  )

  for (const [parameter, pattern] of [
    ["created", /;created=\d+/],
    ["nonce", /;nonce="[^"]*"/],
    ["keyid", /;keyid="[^"]*"/],
    ["alg", /;alg="[^"]*"/],
  ] as const) {
    it.effect(`without ${parameter} is refused: malformed`, () =>
      Effect.gen(function* () {
        const signed = yield* sign(heartbeat)
        const input = signed.headers["signature-input"]?.replace(pattern, "")
        assert.strictEqual(yield* refusal(withHeader(signed, "signature-input", input)), "malformed")
      }),
    )
  }
})
