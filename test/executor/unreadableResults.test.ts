import { NodeFileSystem } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import type * as Layer from "effect/Layer"
import * as TestClock from "effect/testing/TestClock"
import { inspectAudit } from "../../src/store/inspectAudit.ts"
import { Database } from "../../src/store/Database.ts"

import { claims, commandId } from "../fakes/CommandSigning.ts"
import { applied, audit, leftBehind, setUp, world } from "./executorWorld.ts"

// A ledger that another version of the agent wrote to, as self-update and the way back from it leave one behind.

const install = { name: "install_updates", parameters: { selection: { kind: "all" } } }
const health = { name: "health_check", parameters: {} }

const inFile = <A, E>(test: (path: string) => Effect.Effect<A, E>) =>
  Effect.gen(function* () {
    const files = yield* FileSystem.FileSystem
    const directory = yield* files.makeTempDirectoryScoped()
    return yield* test(`${directory}/executor.sqlite`)
  }).pipe(Effect.scoped, Effect.provide(NodeFileSystem.layer))

const rewrite = (sql: string) => Effect.flatMap(Database, (db) => db.run(sql))

const reportOfAnotherVersion = `json_set(result, '$.output.report', json('{"of":"another version"}'))`

describe("a stored result that this version cannot read", () => {
  it.effect.each([
    [
      "whose report is of another shape",
      reportOfAnotherVersion,
      "succeeded",
      /ended as succeeded; its report/,
    ],
    [
      "that had a problem of its own",
      `json_set(${reportOfAnotherVersion}, '$.status', 'partial', '$.problem', json('{"code":"locked","detail":""}'))`,
      "partial",
      /ended as partial \(its own problem was locked\)/,
    ],
    [
      "with a status that is not known",
      "json_set(result, '$.status', 'postponed')",
      "interrupted",
      /how it ended cannot be read/,
    ],
    [
      "that speaks of another command",
      `json_set(result, '$.commandId', '${commandId(9)}')`,
      "interrupted",
      /how it ended cannot be read/,
    ],
    ["of which nothing can be read", "'}'", "interrupted", /how it ended cannot be read/],
  ] as const)("is the command's one result all the same: %s", ([, text, status, detail]) =>
    inFile((ledger) =>
      Effect.gen(function* () {
        const inWorld = <A, E>(use: Effect.Effect<A, E, Layer.Success<ReturnType<typeof world>>>) =>
          Effect.provide(use, world({ ledger }), { local: true })
        yield* inWorld(
          Effect.gen(function* () {
            const { execute } = yield* setUp
            assert.strictEqual((yield* execute(claims(1, install))).status, "succeeded")
            yield* rewrite(`UPDATE commands SET result = ${text}`)
          }),
        )
        yield* TestClock.adjust("10 minutes")
        const first = yield* inWorld(
          Effect.gen(function* () {
            const { execute } = yield* setUp
            const told = yield* execute(claims(1, install))
            assert.lengthOf(yield* applied, 0)
            assert.strictEqual((yield* execute(claims(2, health))).status, "succeeded")
            return told
          }),
        )
        assert.strictEqual(first.commandId, commandId(1))
        assert.strictEqual(first.command, "install_updates")
        assert.strictEqual(first.status, status)
        assert.strictEqual(first.problem?.code, "result_unreadable")
        assert.match(first.problem?.detail ?? "", detail)
        assert.isUndefined(first.output)
        assert.strictEqual(DateTime.toEpochMillis(first.finishedAt), 0)

        yield* TestClock.adjust("10 minutes")
        yield* inWorld(
          Effect.gen(function* () {
            const { execute } = yield* setUp
            assert.deepStrictEqual(yield* execute(claims(1, install)), first)
            const lines = (yield* audit).filter(({ id }) => id === commandId(1))
            assert.deepStrictEqual(lines.map(({ line, outcome }) => `${line} ${outcome}`).slice(2), [
              "finished install_updates succeeded",
              `finished install_updates result_unreadable: told as ${status}`,
            ])
          }),
        )
        assert.strictEqual((yield* inspectAudit(ledger)).kind, "whole")
      }),
    ),
  )

  it.effect("stays a refusal when it was one", () =>
    Effect.gen(function* () {
      const { execute } = yield* setUp
      const late = claims(1, health, { exp: -1 })
      assert.strictEqual((yield* execute(late)).refusal?.code, "expired")
      yield* rewrite("UPDATE commands SET result = json_set(result, '$.refusal.code', 'unheard_of')")
      const told = yield* execute(late)
      assert.strictEqual(told.status, "refused")
      assert.strictEqual(told.problem?.code, "result_unreadable")
    }).pipe(Effect.provide(world())),
  )
})

describe("an unfinished command that another version began", () => {
  it.effect("is not told to have installed nothing when its plan cannot be read", () =>
    Effect.gen(function* () {
      yield* leftBehind({ id: commandId(1) })
      yield* rewrite(`UPDATE commands SET plan = '{"of":"another version"}'`)
      const { execute } = yield* setUp
      const { status, problem } = yield* execute(claims(1, install))
      assert.strictEqual(status, "interrupted")
      assert.match(
        problem?.detail ?? "",
        /its plan cannot be read by this version.*may have been carried out/,
      )
      assert.lengthOf(yield* applied, 0)
    }).pipe(Effect.provide(world())),
  )

  it.effect("has asked for a restart though the result it will have cannot be read", () =>
    Effect.gen(function* () {
      yield* leftBehind({ id: commandId(1) })
      yield* rewrite("UPDATE commands SET restart_boot_id = 'another', restart_at = 0, restart_result = '}'")
      const { execute } = yield* setUp
      const { status, problem } = yield* execute(claims(1, install))
      assert.strictEqual(status, "interrupted")
      assert.strictEqual(problem?.code, "result_unreadable")
    }).pipe(Effect.provide(world())),
  )
})
