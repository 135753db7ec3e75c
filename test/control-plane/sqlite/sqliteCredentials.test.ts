import { assert, describe, it } from "@effect/vitest"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as TestClock from "effect/testing/TestClock"
import { Credentials } from "../../../src/control-plane/persistence/Credentials.ts"
import { Nonces } from "../../../src/control-plane/persistence/Nonces.ts"
import { secretHash } from "../../../src/control-plane/secretHash.ts"
import { noon } from "../samples.ts"
import { layer } from "../temporaryStore.ts"

const hash = (text: string) => secretHash(Redacted.make(text))

describe("credentials", () => {
  it.effect("are found by their hash and by nothing else", () =>
    Effect.gen(function* () {
      const credentials = yield* Credentials
      assert.deepStrictEqual(yield* credentials.present, { licenseKey: false, operatorToken: false })
      const operator = { name: "ops", organization: "acme", scopes: ["read:servers"] as const }
      yield* credentials.addLicenseKey(hash("pk_live_a"), "acme", noon)
      yield* credentials.addLicenseKey(hash("pk_live_a"), "other", noon)
      yield* credentials.addOperatorToken(hash("token"), operator, noon)
      assert.deepStrictEqual(yield* credentials.licenseKey(hash("pk_live_a")), Option.some("acme"))
      assert.deepStrictEqual(yield* credentials.licenseKey(hash("pk_live_b")), Option.none())
      assert.deepStrictEqual(yield* credentials.licenseKey(hash("token")), Option.none())
      assert.deepStrictEqual(yield* credentials.operatorToken(hash("token")), Option.some(operator))
      assert.deepStrictEqual(yield* credentials.operatorToken(hash("")), Option.none())
      assert.deepStrictEqual(yield* credentials.present, { licenseKey: true, operatorToken: true })
    }).pipe(Effect.provide(layer)),
  )
})

describe("nonces", () => {
  it.effect("pass once for each key until they are too old to pass at all", () =>
    Effect.gen(function* () {
      yield* TestClock.setTime(DateTime.toEpochMillis(noon))
      const nonces = yield* Nonces
      const until = DateTime.add(noon, { minutes: 5 })
      assert.isTrue(yield* nonces.claim("a", "1", until))
      assert.isFalse(yield* nonces.claim("a", "1", until))
      assert.isTrue(yield* nonces.claim("b", "1", until))
      yield* TestClock.adjust("5 minutes")
      assert.isFalse(yield* nonces.claim("a", "1", until), "remembered to the last")
      yield* TestClock.adjust("1 milli")
      assert.isFalse(yield* nonces.claim("a", "1", until), "too old by then")
      assert.isFalse(yield* nonces.claim("a", "2", until), "too old by then")
      yield* TestClock.adjust("1 minute")
      assert.isTrue(yield* nonces.claim("a", "1", DateTime.add(until, { minutes: 6 })), "forgotten by then")
    }).pipe(Effect.provide(layer)),
  )
})
