import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as TestClock from "effect/testing/TestClock"
import { createHash } from "node:crypto"
import {
  appendAudit,
  auditHash,
  auditLineLimit,
  type StoredAuditLine,
  strangersListedPerDay,
} from "../../src/store/auditChain.ts"
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

  it("hashes a line with its number and the hash before it, as the versions of the past and the future do", () => {
    const line = { line: 7, at: 5, id: "a", name: "b", issuer: "c", event: "started", outcome: "d" }
    const text = '["e",{"at":5,"event":"started","id":"a","issuer":"c","line":7,"name":"b","outcome":"d"}]'
    assert.strictEqual(auditHash("e", line), createHash("sha256").update(text).digest("hex"))
  })

  it.effect("shows which line was changed, moved or cut away, also by somebody who made its hash fit", () =>
    Effect.gen(function* () {
      const second: StoredAuditLine = {
        line: 2,
        at: 2,
        id: "c2",
        name: "x",
        issuer: "i",
        event: "started",
        outcome: "fine",
      }
      /** Where a log of four lines is broken after this. */
      const changedBy = (...statements: ReadonlyArray<string>) =>
        inDirectory((directory) =>
          Effect.gen(function* () {
            yield* Effect.gen(function* () {
              const db = yield* Database
              yield* db.transaction((run) => {
                for (const at of [1, 2, 3, 4]) {
                  appendAudit(run, at, {
                    id: `c${at}`,
                    name: "x",
                    issuer: "i",
                    event: "started",
                    outcome: "",
                  })
                }
                for (const guard of ["is_append_only", "is_kept", "checkpoint_is_a_line"]) {
                  run(`DROP TRIGGER audit_${guard}`)
                }
                for (const statement of statements) run(statement)
              })
            }).pipe(Effect.provide(ledgerIn(`${directory}/executor.sqlite`)))
            const shown = yield* verdict(directory)
            return shown.kind === "broken" ? shown.line : shown.kind
          }),
        )
      assert.strictEqual(yield* changedBy("UPDATE audit SET at = at"), "whole")
      for (const column of ["at", "id", "name", "issuer", "event", "outcome", "hash"]) {
        assert.strictEqual(yield* changedBy(`UPDATE audit SET ${column} = '0' WHERE line = 2`), 2, column)
      }
      const move = (from: number, to: number) => `UPDATE audit SET line = ${to} WHERE line = ${from}`
      assert.strictEqual(yield* changedBy(move(2, 9), move(3, 2), move(9, 3)), 2)
      assert.strictEqual(yield* changedBy("UPDATE audit_checkpoint SET hash = 'x'"), 1)
      assert.strictEqual(yield* changedBy("DELETE FROM audit WHERE line = 1"), 1)
      assert.strictEqual(yield* changedBy("DELETE FROM audit WHERE line = 4"), 4)
      const before = auditHash("", { ...second, line: 1, at: 1, id: "c1", outcome: "" })
      const fitting = `UPDATE audit SET outcome = 'fine', hash = '${auditHash(before, second)}' WHERE line = 2`
      assert.strictEqual(yield* changedBy(fitting), 3)
    }),
  )

  it.effect("takes nothing for a checkpoint but a later line of its own", () =>
    Effect.gen(function* () {
      const ledger = yield* Ledger
      const db = yield* Database
      for (const id of ["a", "b", "c"]) {
        yield* ledger.audit({ id, name: "x", issuer: "i", event: "finished", outcome: "succeeded" })
      }
      const fold = (line: number, hash: string) =>
        Effect.flip(db.run("UPDATE audit_checkpoint SET line = ?, hash = ?", line, hash))
      const hashes = (yield* db.all("SELECT hash FROM audit ORDER BY line")).map(({ hash }) => String(hash))
      yield* fold(2, "x")
      yield* fold(4, "x")
      yield* db.run("UPDATE audit_checkpoint SET line = 2, hash = ?", hashes[1] ?? "")
      yield* fold(1, hashes[0] ?? "")
      yield* fold(2, hashes[1] ?? "")
    }).pipe(Effect.provide(inMemory)),
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
      const before = yield* count("audit")
      yield* TestClock.adjust("1 day")
      yield* forged("the day after")
      assert.strictEqual(yield* count("audit"), before + 1)
    }).pipe(Effect.provide(inMemory)),
  )

  it.effect("stores any text as one line of bounded length, so that the chain holds", () =>
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
        const db = yield* Database
        for (const row of yield* db.all("SELECT id, name, issuer, outcome FROM audit")) {
          for (const text of Object.values(row).map(String)) {
            assert.isAtMost(text.length, 600)
            assert.notMatch(text, /\p{Cc}/u)
          }
        }
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
