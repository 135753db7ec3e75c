import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as TestClock from "effect/testing/TestClock"
import { Executor } from "../../src/executor/Executor.ts"
import { claims, commandId } from "../fakes/CommandSigning.ts"
import { applied, audit, setUp, unpinned, world } from "./executorWorld.ts"
import { forgeries } from "./forgedEnvelopes.ts"

const install = { name: "install_updates", parameters: { selection: { kind: "all" } } }

describe("an executor under forged commands", () => {
  it.effect("carries out none of them, audits each once, and goes on with the genuine one", () =>
    Effect.gen(function* () {
      const { hand, execute, signer } = yield* setUp
      const all = yield* forgeries(signer)
      assert.isAbove(all.length, 90)
      for (const { what, code, envelope } of all) {
        const result = yield* hand(envelope)
        assert.strictEqual(result.status, "refused", what)
        assert.strictEqual(result.refusal?.code, code, what)
        assert.match(result.command, /^[\x20-\x7e]*$/, what)
        assert.match(result.refusal?.detail ?? "\n", /^[\x20-\x7e]*$/, what)
        const again = yield* hand(envelope)
        assert.strictEqual(again.commandId, result.commandId, what)
      }
      assert.strictEqual((yield* applied).length, 0)
      const lines = yield* audit
      assert.strictEqual(lines.length, new Set(all.map(({ envelope }) => envelope)).size)
      assert.deepStrictEqual(
        lines.filter(({ line }) => !line.startsWith("refused")),
        [],
      )
      assert.strictEqual(new Set(lines.map(({ id }) => id)).size, lines.length)
      assert.strictEqual((yield* execute(claims(1, install))).status, "succeeded")
      assert.strictEqual((yield* applied).length, 1)
    }).pipe(Effect.provide(world())),
  )

  it.effect("finds every change of a single byte of a genuine envelope", () =>
    Effect.gen(function* () {
      const { hand, signer } = yield* setUp
      const envelope = Buffer.from(yield* signer.seal(claims(1, install)))
      for (const [at, byte] of envelope.entries()) {
        for (const changed of [byte ^ 1, byte ^ 0x20]) {
          const altered = Buffer.from(envelope)
          altered[at] = changed
          const result = yield* hand(altered.toString("latin1"))
          assert.strictEqual(result.refusal?.code, "bad_signature", `byte ${at} as ${changed}`)
          assert.notStrictEqual(result.commandId, commandId(1))
        }
        const result = yield* hand(
          Buffer.concat([envelope.subarray(0, at), envelope.subarray(at + 1)]).toString(),
        )
        assert.strictEqual(result.status, "refused", `without byte ${at}`)
      }
      assert.strictEqual((yield* applied).length, 0)
      assert.isBelow((yield* audit).length, 150)
      assert.strictEqual((yield* hand(envelope.toString())).status, "succeeded")
    }).pipe(Effect.provide(world())),
  )

  it.effect("runs what is sent again, or late, or in another order, at most once", () =>
    Effect.gen(function* () {
      const { hand, signer } = yield* setUp
      const envelopes = yield* Effect.forEach([1, 2, 3], (number) => signer.seal(claims(number, install)))
      const [first = "", second = "", third = ""] = envelopes
      assert.strictEqual((yield* hand(second)).status, "succeeded")
      assert.strictEqual((yield* hand(first)).refusal?.code, "replayed")
      for (const envelope of [second, first, third, third, second]) yield* hand(envelope)
      assert.strictEqual((yield* hand(third)).status, "succeeded")
      // Two commands under one counter: the second is none.
      const twin = yield* signer.seal(claims(4, install, { seq: 3 }))
      assert.strictEqual((yield* hand(twin)).refusal?.code, "replayed")
      const started = Effect.map(audit, (lines) => lines.filter(({ line }) => line.startsWith("started")))
      assert.strictEqual((yield* started).length, 2)
      // Past their time, and known all the same.
      yield* TestClock.adjust("2 days")
      assert.strictEqual((yield* hand(third)).status, "succeeded")
      assert.strictEqual((yield* hand(first)).refusal?.code, "replayed")
      assert.strictEqual((yield* started).length, 2)
    }).pipe(Effect.provide(world())),
  )

  it.effect("obeys nobody before keys are pinned", () =>
    Effect.gen(function* () {
      const { signer } = yield* setUp
      const executor = yield* Effect.provide(Executor, Layer.provide(Executor.layer, unpinned))
      const result = yield* executor.execute(yield* signer.seal(claims(1, install)), () => Effect.void)
      assert.strictEqual(result.refusal?.code, "bad_signature")
      assert.strictEqual((yield* applied).length, 0)
    }).pipe(Effect.provide(world())),
  )
})
