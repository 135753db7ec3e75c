import { assert, describe, it } from "@effect/vitest"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import { DatabaseSync } from "node:sqlite"
import { agentMigrations } from "../../src/store/agentSchema.ts"
import { Database, reasonOf } from "../../src/store/Database.ts"
import { Identity } from "../../src/store/Identity.ts"
import { Ledger } from "../../src/store/Ledger.ts"
import { ledgerMigrations } from "../../src/store/ledgerSchema.ts"
import { Trust } from "../../src/store/Trust.ts"
import { agentId, commandId } from "../fakes/CommandSigning.ts"
import { inDirectory, mode } from "./stateFiles.ts"

describe("Database", () => {
  it.live("is readable by its owner only, with its WAL", () =>
    inDirectory((directory) =>
      Effect.gen(function* () {
        const db = yield* Database
        yield* db.run("INSERT INTO counters VALUES ('x', 1)")
        // FULL: on disk before anything relies on it, also when power fails.
        assert.deepStrictEqual(
          (yield* db.all("PRAGMA synchronous")).map((row) => row["synchronous"]),
          [2],
        )
        assert.strictEqual(yield* mode(`${directory}/agent.sqlite`), 0o600)
        assert.strictEqual(yield* mode(`${directory}/agent.sqlite-wal`), 0o600)
      }).pipe(Effect.provide(Database.layer(`${directory}/agent.sqlite`, agentMigrations))),
    ),
  )

  it.live("says what is wrong with a file that is no database, a missing directory, and keeps the file", () =>
    inDirectory((directory) =>
      Effect.gen(function* () {
        const files = yield* FileSystem.FileSystem
        const path = `${directory}/agent.sqlite`
        yield* files.writeFileString(path, "this is not a database, but it is somebody's file".repeat(100))
        const open = (file: string) =>
          Effect.flip(Effect.provide(Database, Database.layer(file, agentMigrations)))
        assert.strictEqual((yield* open(path)).reason, "damaged")
        assert.match(yield* files.readFileString(path), /^this is not/)
        assert.strictEqual((yield* open(`${directory}/nowhere/agent.sqlite`)).reason, "read_only")
      }),
    ),
  )

  it.live(
    "takes a disk without room to open the file for full, and other errors of the disk for what they are",
    () =>
      Effect.sync(() => {
        assert.strictEqual(reasonOf({ code: "ERR_SQLITE_ERROR", errcode: 4874 }), "full")
        assert.strictEqual(reasonOf({ code: "ERR_SQLITE_ERROR", errcode: 266 }), "failed")
      }),
  )

  it.live("lets nobody else write from the beginning of a transaction on", () =>
    inDirectory((directory) =>
      Effect.gen(function* () {
        const db = yield* Database
        const other = new DatabaseSync(`${directory}/agent.sqlite`, { timeout: 0 })
        const write = () => other.exec("INSERT INTO counters VALUES ('x', 1)")
        yield* db.transaction((run) => {
          run("SELECT * FROM counters")
          assert.throws(write, /locked/)
        })
        write()
        other.close()
      }).pipe(Effect.provide(Database.layer(`${directory}/agent.sqlite`, agentMigrations))),
    ),
  )

  it.live("leaves nothing of a transaction that fails", () =>
    inDirectory((directory) =>
      Effect.gen(function* () {
        const db = yield* Database
        const failed = yield* Effect.flip(
          db.transaction((run) => {
            run("INSERT INTO counters VALUES ('x', 1)")
            run("INSERT INTO counters VALUES ('x', 2)")
          }),
        )
        assert.strictEqual(failed._tag, "StoreError")
        assert.deepStrictEqual(yield* db.all("SELECT * FROM counters"), [])
      }).pipe(Effect.provide(Database.layer(`${directory}/agent.sqlite`, agentMigrations))),
    ),
  )
})

describe("Identity", () => {
  it.live("keeps key and enrolment over a restart", () =>
    inDirectory((directory) => {
      const layer = Identity.layer.pipe(
        Layer.provide(Database.layer(`${directory}/agent.sqlite`, agentMigrations)),
      )
      const start = <A, E>(use: (identity: Identity["Service"]) => Effect.Effect<A, E>) =>
        Effect.provide(Effect.flatMap(Identity, use), Layer.fresh(layer))
      return Effect.gen(function* () {
        const key = yield* start((identity) =>
          Effect.as(identity.remember({ agentId, exchangeToken: "t" }), identity.publicKey),
        )
        assert.deepStrictEqual(yield* start((identity) => Effect.succeed(identity.publicKey)), key)
        assert.deepStrictEqual(
          yield* start(({ enrolment }) => enrolment),
          Option.some({ agentId, exchangeToken: "t" }),
        )
        yield* start(({ forget }) => forget)
        assert.deepStrictEqual(yield* start(({ enrolment }) => enrolment), Option.none())
      })
    }),
  )
})

describe("Ledger", () => {
  it.live("remembers across a restart what was begun and the highest counter", () =>
    inDirectory((directory) => {
      const layer = Ledger.layer.pipe(
        Layer.provide(Database.layer(`${directory}/x.sqlite`, ledgerMigrations)),
        Layer.provide(Layer.mock(Trust, { anchor: Effect.succeedNone })),
      )
      const start = <A, E>(use: (ledger: Ledger["Service"]) => Effect.Effect<A, E>) =>
        Effect.provide(Effect.flatMap(Ledger, use), Layer.fresh(layer))
      const begin = (number: number) =>
        Effect.flatMap(DateTime.now, (now) =>
          start((ledger) =>
            ledger.begin({
              id: commandId(number),
              seq: number,
              audience: agentId,
              name: "x",
              issuer: "cp_test",
              signedAt: now,
              expiresAt: DateTime.add(now, { hours: 1 }),
              executor: "me",
            }),
          ),
        )
      return Effect.gen(function* () {
        assert.strictEqual((yield* begin(3)).kind, "begun")
        assert.strictEqual((yield* begin(4)).kind, "busy")
        assert.deepStrictEqual(
          (yield* start(({ unfinished }) => unfinished)).map(({ id }) => id),
          [commandId(3)],
        )
      })
    }),
  )
})
