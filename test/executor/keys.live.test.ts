import { NodeFileSystem } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import { answerSigned } from "../../src/executor/answerRequest.ts"
import { Executor } from "../../src/executor/Executor.ts"
import { commandType } from "../../src/protocol/CommandEnvelope.ts"
import type { ExecutorRequest } from "../../src/protocol/ExecutorMessages.ts"
import { keyRotationType } from "../../src/protocol/KeyRotation.ts"
import { Database } from "../../src/store/Database.ts"
import { Ledger } from "../../src/store/Ledger.ts"
import { ledgerMigrations } from "../../src/store/ledgerSchema.ts"
import { Trust } from "../../src/store/Trust.ts"
import { issuer, makeSigner, otherAgentId } from "../fakes/CommandSigning.ts"

type Signer = Effect.Success<typeof makeSigner>

/** The side of the executor that keeps the keys, on real files. */
const keeper = Effect.gen(function* () {
  const files = yield* FileSystem.FileSystem
  const directory = yield* files.makeTempDirectoryScoped()
  const services = yield* Layer.build(
    Layer.mock(Executor, {}).pipe(
      Layer.provideMerge(Ledger.layer),
      Layer.provideMerge(Database.layer(`${directory}/executor.sqlite`, ledgerMigrations)),
      Layer.provideMerge(Trust.layer(`${directory}/trust.json`)),
    ),
  )
  const ask = (request: Extract<ExecutorRequest, { kind: "pin" | "rotate" }>) =>
    Effect.provide(
      answerSigned(request, () => Effect.void),
      services,
    )
  const pinned = Effect.provide(
    Effect.flatMap(Trust, ({ anchor }) => Effect.map(anchor, Option.getOrUndefined)),
    services,
  )
  const audit = Effect.provide(
    Effect.flatMap(Database, (db) => db.all("SELECT event, name, outcome FROM audit ORDER BY line")),
    services,
  ).pipe(Effect.map((rows) => rows.map((row) => `${String(row["event"])} ${String(row["name"])}`)))
  return { ask, pinned, audit }
})

/** A statement of `signer` that `next` takes its place. */
const statement = (signer: Signer, next: Signer, changes: object = {}, header: Record<string, string> = {}) =>
  signer.seal(
    { iss: issuer, iat: 0, generation: 1, commandKeys: [next.key], ...changes },
    { typ: keyRotationType, ...header },
  )

const live = (name: string, test: Effect.Effect<void, unknown, FileSystem.FileSystem>) =>
  it.live(name, () => Effect.provide(test, NodeFileSystem.layer))

const run = <A, E>(test: Effect.Effect<A, E, FileSystem.FileSystem>) => Effect.asVoid(test)

describe("keys that the executor obeys", () => {
  live(
    "are pinned by the first who asks, for another agent id with the same keys, and by nobody with others",
    run(
      Effect.gen(function* () {
        const { ask, pinned, audit } = yield* keeper
        const { anchor } = yield* makeSigner
        const stranger = yield* makeSigner
        assert.deepStrictEqual(yield* ask({ kind: "pin", anchor }), { kind: "pinned" })
        const renamed = { ...anchor, agentId: otherAgentId }
        assert.deepStrictEqual(yield* ask({ kind: "pin", anchor: renamed }), { kind: "pinned" })
        for (const other of [stranger.anchor, { ...anchor, issuer: "cp_other" }]) {
          const answer = yield* ask({ kind: "pin", anchor: other })
          assert.strictEqual(answer.kind, "refused")
        }
        assert.deepStrictEqual(yield* pinned, renamed)
        assert.deepStrictEqual(yield* audit, ["pinned pin", "pinned pin", "refused pin", "refused pin"])
      }).pipe(Effect.scoped),
    ),
  )

  live(
    "do not change their generation by being pinned again",
    run(
      Effect.gen(function* () {
        const { ask, pinned } = yield* keeper
        const { anchor } = yield* makeSigner
        yield* ask({ kind: "pin", anchor })
        yield* ask({ kind: "pin", anchor: { ...anchor, agentId: otherAgentId, generation: 1_000_000 } })
        assert.deepStrictEqual(yield* pinned, { ...anchor, agentId: otherAgentId })
      }).pipe(Effect.scoped),
    ),
  )

  live(
    "are replaced by those that they have signed, one after another",
    run(
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
    ),
  )

  live(
    "are replaced by nothing else, and every try is in the audit log",
    run(
      Effect.gen(function* () {
        const { ask, pinned, audit } = yield* keeper
        const first = yield* makeSigner
        const stranger = yield* makeSigner
        const [one = "", two = "", three = ""] = (yield* statement(first, stranger)).split(".")
        assert.deepStrictEqual(
          yield* ask({ kind: "rotate", statement: yield* statement(first, stranger) }).pipe(
            Effect.map(({ kind }) => kind),
          ),
          "refused",
        )
        yield* ask({ kind: "pin", anchor: { ...first.anchor, generation: 3 } })
        const later = { generation: 4 }
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
          "too long": statement(first, stranger, { ...later, iss: "x".repeat(20_000) }),
          nothing: Effect.succeed(""),
        })
        for (const [what, text] of Object.entries(hostile)) {
          assert.strictEqual((yield* ask({ kind: "rotate", statement: text })).kind, "refused", what)
        }
        assert.deepStrictEqual(yield* pinned, { ...first.anchor, generation: 3 })
        const refused = (yield* audit).filter((line) => line === "refused rotate")
        assert.lengthOf(refused, 1 + Object.keys(hostile).length)
      }).pipe(Effect.scoped),
    ),
  )
})
