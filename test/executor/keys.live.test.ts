import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { commandType } from "../../src/protocol/CommandEnvelope.ts"
import { keyRotationType } from "../../src/protocol/KeyRotation.ts"
import { issuer, makeSigner, otherAgentId } from "../fakes/CommandSigning.ts"
import { keeper, type Signer } from "./pinsWorld.ts"

/** A statement of `signer` that `next` takes its place. */
const statement = (signer: Signer, next: Signer, changes: object = {}, header: Record<string, string> = {}) =>
  signer.seal(
    { iss: issuer, iat: 0, generation: 1, commandKeys: [next.key], ...changes },
    { typ: keyRotationType, ...header },
  )

describe("keys that the executor obeys", () => {
  it.live(
    "are pinned by the first who asks, and by nobody with others, for another agent, or for another organisation",
    () =>
      Effect.gen(function* () {
        const { ask, pinned, audit } = yield* keeper
        const { anchor } = yield* makeSigner
        const stranger = yield* makeSigner
        assert.deepStrictEqual(yield* ask({ kind: "pin", anchor }), { kind: "pinned" })
        assert.deepStrictEqual(yield* ask({ kind: "pin", anchor }), { kind: "pinned" })
        const others = [
          stranger.anchor,
          { ...anchor, issuer: "cp_other" },
          { ...anchor, organization: "org_other" },
          { ...anchor, agentId: otherAgentId },
        ]
        for (const other of others) {
          const answer = yield* ask({ kind: "pin", anchor: other })
          assert.strictEqual(answer.kind, "refused")
        }
        assert.deepStrictEqual(yield* pinned, anchor)
        assert.deepStrictEqual(yield* audit, ["pinned pin", ...others.map(() => "refused pin")])
      }).pipe(Effect.scoped),
  )

  it.live("do not change their generation by being pinned again", () =>
    Effect.gen(function* () {
      const { ask, pinned } = yield* keeper
      const { anchor } = yield* makeSigner
      yield* ask({ kind: "pin", anchor })
      yield* ask({ kind: "pin", anchor: { ...anchor, generation: 1_000_000 } })
      assert.deepStrictEqual(yield* pinned, anchor)
    }).pipe(Effect.scoped),
  )

  it.live("are replaced by those that they have signed, one after another", () =>
    Effect.gen(function* () {
      const { ask, pinned, audit } = yield* keeper
      const first = yield* makeSigner
      const second = yield* makeSigner
      const third = yield* makeSigner
      yield* ask({ kind: "pin", anchor: first.anchor })
      const change = yield* statement(first, second)
      assert.deepStrictEqual(yield* ask({ kind: "rotate", statement: change }), { kind: "pinned" })
      const next = yield* statement(second, third, { generation: 2 })
      assert.deepStrictEqual(yield* ask({ kind: "rotate", statement: next }), { kind: "pinned" })
      assert.deepStrictEqual(yield* pinned, { ...first.anchor, commandKeys: [third.key], generation: 2 })
      // Whoever carried it may not have heard that it was followed.
      assert.deepStrictEqual(yield* ask({ kind: "rotate", statement: next }), { kind: "pinned" })
      assert.strictEqual((yield* ask({ kind: "rotate", statement: change })).kind, "refused")
      assert.deepStrictEqual(yield* audit, [
        "pinned pin",
        "rotated rotate",
        "rotated rotate",
        "refused rotate",
      ])
    }).pipe(Effect.scoped),
  )

  it.live("are replaced by nothing else, and every try is in the audit log", () =>
    Effect.gen(function* () {
      const { ask, pinned, audit } = yield* keeper
      const first = yield* makeSigner
      const stranger = yield* makeSigner
      assert.deepStrictEqual(
        yield* ask({ kind: "rotate", statement: yield* statement(first, stranger) }).pipe(
          Effect.map(({ kind }) => kind),
        ),
        "refused",
      )
      yield* ask({ kind: "pin", anchor: { ...first.anchor, generation: 3 } })
      const later = { generation: 4 }
      const [one = "", two = "", three = ""] = (yield* statement(first, stranger, later)).split(".")
      const hostile = yield* Effect.all({
        "signed by a stranger": statement(stranger, stranger, later),
        "by a stranger under the pinned name": statement(stranger, stranger, later, { kid: first.key.kid }),
        "of a past generation": statement(first, stranger, { generation: 2 }),
        "of the same generation": statement(first, stranger, { generation: 3 }),
        "of another issuer": statement(first, stranger, { ...later, iss: "cp_other" }),
        "another kind of document": statement(first, stranger, later, { typ: commandType }),
        "with something more": statement(first, stranger, { ...later, aud: "x" }),
        "without a key": statement(first, stranger, { ...later, commandKeys: [] }),
        "with a key in its header": statement(first, stranger, later, { jku: "https://example.org" }),
        "without a signature": Effect.succeed(`${one}.${two}.`),
        "with more behind it": Effect.succeed(`${one}.${two}.${three}.${three}`),
        "too long": statement(first, stranger, {
          ...later,
          commandKeys: Array.from({ length: 200 }, () => stranger.key),
        }),
        nothing: Effect.succeed(""),
      })
      for (const [what, text] of Object.entries(hostile)) {
        assert.strictEqual((yield* ask({ kind: "rotate", statement: text })).kind, "refused", what)
      }
      assert.deepStrictEqual(yield* pinned, { ...first.anchor, generation: 3 })
      const refused = (yield* audit).filter((line) => line === "refused rotate")
      assert.lengthOf(refused, 1 + Object.keys(hostile).length)
    }).pipe(Effect.scoped),
  )

  it.live("stay as they are by a statement, true or not, that says only what is so, and by no other", () =>
    Effect.gen(function* () {
      const { ask, pinned, audit } = yield* keeper
      const first = yield* makeSigner
      const second = yield* makeSigner
      const stranger = yield* makeSigner
      const commandKeys = [first.key, second.key] as const
      const anchor = { ...first.anchor, commandKeys, generation: 3 }
      yield* ask({ kind: "pin", anchor })
      const told = (changes: object) =>
        statement(stranger, stranger, { commandKeys, generation: 3, ...changes })
      assert.deepStrictEqual(yield* ask({ kind: "rotate", statement: yield* told({}) }), { kind: "pinned" })
      const others = yield* Effect.all({
        "of another issuer": told({ iss: "cp_other" }),
        "of another generation": told({ generation: 2 }),
        "with a key less": told({ commandKeys: [first.key] }),
        "with another key": told({ commandKeys: [first.key, stranger.key] }),
        "with a key more": told({ commandKeys: [...commandKeys, stranger.key] }),
        "with something more": told({ aud: "x" }),
        "too long": stranger.seal(
          JSON.stringify({ iss: issuer, iat: 0, generation: 3, commandKeys }).padEnd(20_000),
          { typ: keyRotationType },
        ),
      })
      for (const [what, text] of Object.entries(others)) {
        assert.strictEqual((yield* ask({ kind: "rotate", statement: text })).kind, "refused", what)
      }
      assert.deepStrictEqual(yield* pinned, anchor)
      assert.deepStrictEqual(yield* audit, ["pinned pin", ...Object.keys(others).map(() => "refused rotate")])
    }).pipe(Effect.scoped),
  )
})
