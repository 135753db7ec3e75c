import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as TestClock from "effect/testing/TestClock"
import { appendAudit, auditLineLimit, strangersListedPerDay } from "../../src/store/auditChain.ts"
import { Database } from "../../src/store/Database.ts"
import { inspectAudit } from "../../src/store/inspectAudit.ts"
import { Ledger } from "../../src/store/Ledger.ts"
import { ledgerMigrations } from "../../src/store/ledgerSchema.ts"
import { begin, count, inDirectory, inMemory, keysPinned, ledgerIn } from "./ledgerWorld.ts"

describe("the audit log", () => {
  const verdict = (directory: string) => inspectAudit(`${directory}/executor.sqlite`)

  it.effect("is a chain that stays whole while its oldest lines are folded away", () =>
    inDirectory((directory) =>
      Effect.gen(function* () {
        yield* Effect.gen(function* () {
          const db = yield* Database
          const ledger = yield* Ledger
          // As if 9,999 lines had been written: they are written in one transaction to save the time of as many syncs.
          yield* db.transaction((run) => {
            for (let line = 1; line < auditLineLimit; line += 1) {
              appendAudit(run, line, {
                id: `c${line}`,
                name: "x",
                issuer: "i",
                event: "started",
                outcome: "",
              })
            }
          })
          const add = (id: string) =>
            ledger.audit({ id, name: "x", issuer: "i", event: "finished", outcome: "succeeded" })
          yield* add("last that fits")
          assert.strictEqual(yield* count("audit"), auditLineLimit)
          yield* add("one more")
          assert.strictEqual(yield* count("audit"), auditLineLimit - 999)
        }).pipe(Effect.provide(ledgerIn(`${directory}/executor.sqlite`)))
        assert.deepStrictEqual(yield* verdict(directory), { kind: "whole", first: 1001, last: 10_001 })
      }),
    ),
  )

  it.effect("tells a flood of forgeries as a number, each of them once", () =>
    Effect.gen(function* () {
      const ledger = yield* Ledger
      const forged = (id: string) =>
        ledger.audit({ id, name: "unknown", issuer: "", event: "refused", outcome: "bad_signature: no" })
      for (let time = 0; time < 5; time += 1) yield* forged("the same")
      assert.strictEqual(yield* count("audit"), 1)
      for (let number = 0; number < 500; number += 1) yield* forged(`forged ${number}`)
      assert.strictEqual(yield* count("audit"), strangersListedPerDay)
      yield* TestClock.adjust("1 day")
      yield* forged("the next day")
      const db = yield* Database
      const newest = yield* db.all("SELECT id, outcome FROM audit ORDER BY line DESC LIMIT 2")
      assert.deepStrictEqual(
        newest.map(({ id, outcome }) => [id, outcome]),
        [
          ["the next day", "bad_signature: no"],
          ["", "401 more without a good signature, beyond the first 100 of a day"],
        ],
      )
    }).pipe(Effect.provide(inMemory)),
  )

  it.effect("stores any text so that the chain holds", () =>
    inDirectory((directory) =>
      Effect.gen(function* () {
        const ledger = yield* Ledger
        for (const outcome of [
          "\0nul",
          "\ud800 lone",
          "line\nbreak",
          "x".repeat(10_000),
          `x${"𝄞".repeat(600)}`,
          "é",
        ]) {
          yield* ledger.audit({ id: outcome, name: outcome, issuer: outcome, event: "finished", outcome })
        }
        assert.deepStrictEqual(yield* verdict(directory), { kind: "whole", first: 1, last: 6 })
      }).pipe(Effect.provide(ledgerIn(`${directory}/executor.sqlite`))),
    ),
  )

  it.effect("of an older version goes on as a chain", () =>
    inDirectory((directory) =>
      Effect.gen(function* () {
        const path = `${directory}/executor.sqlite`
        yield* Effect.gen(function* () {
          const db = yield* Database
          yield* db.run(
            "INSERT INTO audit (at, id, name, issuer, event, outcome) VALUES (1, 'a', 'b', 'c', 'started', '')",
          )
          yield* db.run(
            "INSERT INTO commands (id, seq, name, started_at, executor, result) VALUES ('x', 7, 'b', 1, 'e', NULL)",
          )
        }).pipe(Effect.provide(Database.layer(path, ledgerMigrations.slice(0, 1))))
        yield* Effect.gen(function* () {
          const ledger = yield* Ledger
          assert.deepStrictEqual(
            (yield* ledger.unfinished).map(({ id }) => id),
            ["x"],
          )
          yield* ledger.audit({ id: "y", name: "b", issuer: "c", event: "finished", outcome: "" })
          const db = yield* Database
          yield* db.run("DELETE FROM commands")
          assert.strictEqual((yield* begin(7)).kind, "replayed")
        }).pipe(Effect.provide(ledgerIn(path, keysPinned)))
        assert.deepStrictEqual(yield* verdict(directory), { kind: "whole", first: 2, last: 2 })
      }),
    ),
  )
})
