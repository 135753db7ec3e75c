import { assert, describe, it } from "@effect/vitest"
import * as NodeServices from "@effect/platform-node/NodeServices"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as TestClock from "effect/testing/TestClock"
import { X509Certificate } from "node:crypto"
import { openDataDirectory } from "../../../src/control-plane/data/DataDirectory.ts"
import { serverIdentity } from "../../../src/control-plane/tls/serverIdentity.ts"
import { noon } from "../samples.ts"

const names = ["localhost", "127.0.0.1", "::1"]

const opened = Effect.gen(function* () {
  yield* TestClock.setTime(DateTime.toEpochMillis(noon))
  const fs = yield* FileSystem.FileSystem
  return yield* openDataDirectory(yield* fs.makeTempDirectoryScoped(), { create: true })
})

/** The server's certificate and its CA's. */
const certificates = (chain: string) => {
  const [leaf = "", ca = ""] = chain.split(/(?<=-----END CERTIFICATE-----\n)/)
  return { leaf: new X509Certificate(leaf), ca: new X509Certificate(ca) }
}

describe("serverIdentity", () => {
  it.effect("is a certificate for all names, signed by a CA that may sign nothing but such", () =>
    Effect.gen(function* () {
      const data = yield* opened
      const { chain } = yield* serverIdentity(data, "cp_test", [...names, "cp.example.com"])
      const { leaf, ca } = certificates(chain)
      assert.isTrue(leaf.verify(ca.publicKey))
      assert.isTrue(leaf.checkIssued(ca))
      assert.isTrue(ca.ca)
      assert.isFalse(leaf.ca)
      assert.strictEqual(leaf.checkHost("cp.example.com"), "cp.example.com")
      assert.strictEqual(leaf.checkIP("::1"), "::1")
      assert.isUndefined(leaf.checkHost("other.example.com"))
      assert.deepStrictEqual(leaf.keyUsage, ["1.3.6.1.5.5.7.3.1"])
      assert.strictEqual(leaf.publicKey.asymmetricKeyDetails?.namedCurve, "prime256v1")
      assert.strictEqual(leaf.validTo, "Nov 22 12:00:00 2027 GMT")
      assert.strictEqual(ca.validTo, "Nov 22 12:00:00 2036 GMT")
    }).pipe(Effect.provide(NodeServices.layer)),
  )

  it.effect("stays the same while it serves", () =>
    Effect.gen(function* () {
      const data = yield* opened
      const first = yield* serverIdentity(data, "cp_test", names)
      yield* TestClock.adjust("300 days")
      const later = yield* serverIdentity(data, "cp_test", names)
      assert.strictEqual(later.chain, first.chain)
    }).pipe(Effect.provide(NodeServices.layer)),
  )

  it.effect("is renewed 30 days before its end, with the same key and CA", () =>
    Effect.gen(function* () {
      const data = yield* opened
      const first = certificates((yield* serverIdentity(data, "cp_test", names)).chain)
      yield* TestClock.adjust("336 days")
      const renewed = certificates((yield* serverIdentity(data, "cp_test", names)).chain)
      assert.notStrictEqual(renewed.leaf.serialNumber, first.leaf.serialNumber)
      assert.isTrue(renewed.leaf.publicKey.equals(first.leaf.publicKey))
      assert.strictEqual(renewed.ca.fingerprint256, first.ca.fingerprint256)
      assert.isTrue(renewed.leaf.verify(first.ca.publicKey))
    }).pipe(Effect.provide(NodeServices.layer)),
  )

  it.effect("is made anew for a name it does not cover", () =>
    Effect.gen(function* () {
      const data = yield* opened
      yield* serverIdentity(data, "cp_test", names)
      const { leaf } = certificates(
        (yield* serverIdentity(data, "cp_test", [...names, "new.example.com"])).chain,
      )
      assert.strictEqual(leaf.checkHost("new.example.com"), "new.example.com")
    }).pipe(Effect.provide(NodeServices.layer)),
  )
})
