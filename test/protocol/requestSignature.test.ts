import { assert, describe, it } from "@effect/vitest"
import * as Arbitrary from "effect/Arbitrary"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { signatureSkewSeconds, signRequest, verifyRequest } from "../../src/protocol/requestSignature.ts"
import {
  agent,
  heartbeat,
  keyid,
  lookup,
  nonce,
  now,
  refusal,
  sign,
  withHeader,
} from "../fakes/signedHeartbeat.ts"

describe("a signed request", () => {
  it.effect("names its signer, nonce and time", () =>
    Effect.gen(function* () {
      const signer = yield* verifyRequest(yield* sign(heartbeat), now, lookup)
      assert.strictEqual(signer.keyid, keyid)
      assert.strictEqual(signer.nonce, nonce)
      assert.strictEqual(DateTime.formatIso(signer.created), "2026-11-22T12:00:00.000Z")
    }),
  )

  it.effect("carries three short fields", () =>
    Effect.gen(function* () {
      const fields = yield* signRequest(heartbeat, {
        keyid,
        nonce,
        created: now,
        privateKey: agent.privateKey,
      })
      assert.strictEqual(
        fields["signature-input"],
        `sig=("@method" "@authority" "@path" "content-digest" "content-encoding");created=1795348800;nonce="${nonce}";keyid="${keyid}";alg="ed25519"`,
      )
      assert.match(fields.signature, /^sig=:[A-Za-z0-9+/=]{88}:$/)
      assert.strictEqual(fields["content-digest"].length, "sha-256=::".length + 44)
    }),
  )

  it.effect.prop(
    "verifies whatever its body and path, and not with one bit of the body changed",
    {
      body: Schema.NonEmptyArray(Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 255 }))),
      path: Schema.String.check(Schema.isPattern(/^[a-z0-9/]{0,40}$/)),
      at: Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 1_000_000 })),
    },
    ({ body, path, at }) =>
      Effect.gen(function* () {
        const bytes = Uint8Array.from(body)
        const signed = yield* sign({ ...heartbeat, url: `https://api.example.com/${path}`, body: bytes })
        assert.strictEqual(yield* refusal(signed), "accepted")
        const flipped = bytes.map((byte, index) => (index === at % bytes.length ? byte ^ 1 : byte))
        assert.strictEqual(yield* refusal({ ...signed, body: flipped }), "digest_mismatch")
      }),
  )

  it.effect.prop(
    "never crashes the verifier, whatever its fields hold",
    { input: Schema.String, signature: Schema.String, digest: Schema.String },
    ({ input, signature, digest }) =>
      Effect.gen(function* () {
        const signed = yield* sign(heartbeat)
        for (const forged of [
          withHeader(signed, "signature-input", input),
          withHeader(signed, "signature", signature),
          withHeader(signed, "content-digest", digest),
        ]) {
          assert.notStrictEqual(yield* refusal(forged), "accepted")
        }
      }),
  )

  it.effect.prop(
    "is refused with any character of its parameters or signature replaced",
    {
      field: Arbitrary.schema(Schema.Literals(["signature-input", "signature"])),
      at: Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 1_000_000 })),
    },
    ({ field, at }) =>
      Effect.gen(function* () {
        const signed = yield* sign(heartbeat)
        const value = signed.headers[field] ?? ""
        const index = at % value.length
        const replaced = value[index] === "z" ? "y" : "z"
        const forged = value.slice(0, index) + replaced + value.slice(index + 1)
        // The last base64 character before `==` has four bits that no byte depends on.
        if (Buffer.from(forged, "base64").equals(Buffer.from(value, "base64"))) return
        assert.notStrictEqual(yield* refusal(withHeader(signed, field, forged)), "accepted")
      }),
  )
})

describe("the time of signing", () => {
  for (const [offset, expected] of [
    [-signatureSkewSeconds, "accepted"],
    [signatureSkewSeconds, "accepted"],
    [-signatureSkewSeconds - 1, "clock_skew"],
    [signatureSkewSeconds + 1, "clock_skew"],
  ] as const) {
    it.effect(`${offset} s from now is ${expected}`, () =>
      Effect.gen(function* () {
        const signed = yield* sign(heartbeat, { created: DateTime.add(now, { seconds: offset }) })
        assert.strictEqual(yield* refusal(signed), expected)
      }),
    )
  }
})
