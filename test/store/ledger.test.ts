import { assert, describe, it } from "@effect/vitest"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Option from "effect/Option"
import * as TestClock from "effect/testing/TestClock"
import { Database } from "../../src/store/Database.ts"
import { Ledger } from "../../src/store/Ledger.ts"
import { commandId, otherAgentId } from "../fakes/CommandSigning.ts"
import {
  begin,
  carryOut,
  count,
  finished,
  hour,
  inDirectory,
  inMemory,
  isKept,
  keysPinned,
  ledgerIn,
} from "./ledgerWorld.ts"

describe("the ledger's memory", () => {
  it.effect("forgets results after 90 days, but the newest never, and no counter", () =>
    Effect.gen(function* () {
      for (let number = 1; number <= 150; number += 1) assert.strictEqual(yield* carryOut(number), "begun")
      yield* TestClock.adjust("91 days")
      assert.strictEqual(yield* carryOut(151), "begun")
      assert.strictEqual(yield* count("commands"), 100)
      assert.isFalse(yield* isKept(51))
      assert.isTrue(yield* isKept(52))
      assert.strictEqual((yield* begin(51)).kind, "replayed")
      const db = yield* Database
      yield* db.run("DELETE FROM commands")
      assert.deepStrictEqual(yield* begin(151), { kind: "replayed", highest: 151 })
    }).pipe(Effect.provide(inMemory)),
  )

  it.effect("counts for each agent id by itself, above what was counted before ids were told apart", () =>
    Effect.gen(function* () {
      assert.strictEqual(yield* carryOut(7), "begun")
      assert.deepStrictEqual(yield* begin(7), { kind: "replayed", highest: 7 })
      const db = yield* Database
      yield* db.run("INSERT INTO counters VALUES ('', 2)")
      const audience = otherAgentId
      assert.deepStrictEqual(yield* begin(2, { audience }), { kind: "replayed", highest: 2 })
      assert.strictEqual((yield* begin(3, { audience })).kind, "begun")
      yield* finished(3)
      assert.deepStrictEqual(yield* begin(3, { audience }), { kind: "replayed", highest: 3 })
      assert.deepStrictEqual(yield* begin(6), { kind: "replayed", highest: 7 })
      // Where a version that does not tell ids apart looks.
      assert.deepStrictEqual(yield* db.all("SELECT highest_seq FROM memory"), [{ highest_seq: 7 }])
    }).pipe(Effect.provide(inMemory)),
  )

  it.effect("never holds more than a thousand results", () =>
    Effect.gen(function* () {
      for (let number = 1; number <= 1100; number += 1) yield* finished(number)
      assert.strictEqual(yield* count("commands"), 1000)
      assert.isTrue(yield* isKept(1100))
    }).pipe(Effect.provide(inMemory)),
  )

  it.effect("keeps the first result of a command, whatever is said later", () =>
    Effect.gen(function* () {
      yield* carryOut(1)
      const before = yield* count("audit")
      yield* TestClock.adjust("1 hour")
      yield* finished(1)
      const ledger = yield* Ledger
      const result = yield* ledger.resultOf(commandId(1))
      assert.strictEqual(Option.getOrThrow(result).finishedAt.pipe(DateTime.toEpochMillis), 0)
      assert.strictEqual(yield* count("audit"), before)
    }).pipe(Effect.provide(inMemory)),
  )
})

describe("time in the ledger", () => {
  it.effect("does not go back: a clock that is set back a day makes no expired command valid", () =>
    Effect.gen(function* () {
      yield* TestClock.setTime(48 * hour)
      assert.strictEqual(yield* carryOut(1), "begun")
      yield* TestClock.setTime(24 * hour)
      const stale = yield* begin(2, { signed: 23.5 * hour, expires: 24.5 * hour })
      assert.deepStrictEqual(stale, { kind: "expired", latest: DateTime.makeUnsafe(48 * hour) })
      // One that is still valid by the time that was seen before runs.
      assert.strictEqual((yield* begin(3, { signed: 24 * hour, expires: 49 * hour })).kind, "begun")
      yield* finished(3)
      assert.deepStrictEqual(yield* begin(4, { signed: 23.5 * hour, expires: 24.5 * hour }), stale)
    }).pipe(Effect.provide(inMemory)),
  )

  it.effect("is not spoilt by small corrections of the clock", () =>
    Effect.gen(function* () {
      yield* TestClock.setTime(48 * hour)
      yield* carryOut(1)
      yield* TestClock.setTime(48 * hour - 50_000)
      assert.strictEqual((yield* begin(2, { expires: 48 * hour - 40_000 })).kind, "begun")
    }).pipe(Effect.provide(inMemory)),
  )

  it.effect("outlives a clock that was years ahead, within the week for which a signature vouches", () =>
    Effect.gen(function* () {
      yield* TestClock.setTime(100_000 * hour)
      // Only a command that is valid for years runs under such a clock.
      assert.strictEqual((yield* begin(1, { signed: 0, expires: 200_000 * hour })).kind, "begun")
      yield* finished(1)
      yield* TestClock.setTime(hour)
      assert.strictEqual((yield* begin(2)).kind, "expired")
      yield* TestClock.setTime(7 * 24 * hour)
      assert.strictEqual((yield* begin(3)).kind, "begun")
    }).pipe(Effect.provide(inMemory)),
  )
})

describe("a ledger that takes the place of a lost one", () => {
  it.effect("refuses what was signed before, and says so in its audit log", () =>
    inDirectory((directory) =>
      Effect.gen(function* () {
        const path = `${directory}/executor.sqlite`
        yield* TestClock.setTime(10 * hour)
        const inLost = <A, E>(use: Effect.Effect<A, E, Ledger | Database>) =>
          Effect.provide(use, ledgerIn(path, keysPinned))
        // Signed a moment ago, by a clock that is a little ahead.
        const signed = 10 * hour + 50_000
        assert.strictEqual((yield* inLost(begin(7, { signed }))).kind, "unknown_past")
        assert.strictEqual((yield* inLost(begin(7, { signed }))).kind, "unknown_past")
        yield* TestClock.adjust("2 minutes")
        assert.strictEqual((yield* inLost(begin(8))).kind, "begun")
        const events = yield* inLost(
          Effect.flatMap(Database, (db) => db.all("SELECT event FROM audit ORDER BY line")),
        )
        assert.deepStrictEqual(
          events.map(({ event }) => event),
          ["ledger_lost", "received", "started"],
        )
      }),
    ),
  )

  it.effect("is none when keys are pinned into a ledger that is there", () =>
    inDirectory((directory) =>
      Effect.gen(function* () {
        const path = `${directory}/executor.sqlite`
        yield* Effect.provide(Effect.void, ledgerIn(path))
        assert.strictEqual((yield* Effect.provide(begin(1), ledgerIn(path, keysPinned))).kind, "begun")
      }),
    ),
  )
})

describe("a damaged ledger", () => {
  const damages: ReadonlyArray<readonly [what: string, damage: (bytes: Uint8Array) => Uint8Array]> = [
    [
      "a foreign header",
      (bytes) => new Uint8Array([...new TextEncoder().encode("not a database"), ...bytes.slice(14)]),
    ],
    [
      "pages full of something else",
      (bytes) => bytes.map((byte, at) => (at >= 4096 && at < 12_288 ? 0xaa : byte)),
    ],
    ["a cut in the middle", (bytes) => bytes.slice(0, Math.floor(bytes.length / 2))],
  ]

  it.effect.each(damages)("is refused and left as it is: %s", ([, damage]) =>
    inDirectory((directory) =>
      Effect.gen(function* () {
        const files = yield* FileSystem.FileSystem
        const path = `${directory}/executor.sqlite`
        yield* Effect.provide(Effect.forEach([1, 2, 3, 4, 5], carryOut, { discard: true }), ledgerIn(path))
        const damaged = damage(yield* files.readFile(path))
        yield* files.writeFile(path, damaged)
        const error = yield* Effect.flip(Effect.provide(begin(6), ledgerIn(path, keysPinned)))
        assert.strictEqual(error.reason, "damaged")
        assert.match(error.message, /executor\.sqlite: the file is damaged: no command is carried out/)
        assert.deepStrictEqual(yield* files.readFile(path), damaged)
      }),
    ),
  )

  it.effect("is refused whichever page went bad, also one that nothing would have read", () =>
    inDirectory((directory) =>
      Effect.gen(function* () {
        const files = yield* FileSystem.FileSystem
        const path = `${directory}/executor.sqlite`
        yield* Effect.provide(Effect.forEach([1, 2, 3, 4, 5], carryOut, { discard: true }), ledgerIn(path))
        const whole = yield* files.readFile(path)
        const pages = whole.length / 4096
        assert.isAbove(pages, 5)
        for (let page = 1; page < pages; page += 1) {
          yield* files.writeFile(path, Uint8Array.from(whole).fill(0xaa, page * 4096, (page + 1) * 4096))
          const error = yield* Effect.flip(Effect.provide(begin(6), ledgerIn(path, keysPinned)))
          assert.strictEqual(error.reason, "damaged", `page ${page + 1} of ${pages}`)
        }
      }),
    ),
  )
})
