import { NodeFileSystem, NodePath } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import * as DateTime from "effect/DateTime"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as FileSystem from "effect/FileSystem"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import { DatabaseSync } from "node:sqlite"
import type { TrustAnchor } from "../../src/protocol/TrustAnchor.ts"
import { agentMigrations } from "../../src/store/agentSchema.ts"
import { Database, reasonOf } from "../../src/store/Database.ts"
import { Identity } from "../../src/store/Identity.ts"
import { Ledger } from "../../src/store/Ledger.ts"
import { ledgerMigrations } from "../../src/store/ledgerSchema.ts"
import { Trust } from "../../src/store/Trust.ts"
import { agentId, commandId, makeSigner, otherAgentId } from "../fakes/CommandSigning.ts"
import { layerAnnouncing } from "../vulnerability/FailingFileSystem.ts"

const inDirectory = <A, E, R>(test: (directory: string) => Effect.Effect<A, E, R>) =>
  Effect.gen(function* () {
    const files = yield* FileSystem.FileSystem
    return yield* test(yield* files.makeTempDirectoryScoped())
  }).pipe(Effect.scoped, Effect.provide([NodeFileSystem.layer, NodePath.layer]))

const mode = (path: string) =>
  Effect.map(
    Effect.flatMap(FileSystem.FileSystem, (files) => files.stat(path)),
    (info) => info.mode & 0o777,
  )

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

describe("Trust", () => {
  it.live("pins on first use, and takes nothing else without a signature", () =>
    inDirectory((directory) =>
      Effect.gen(function* () {
        const path = `${directory}/trust.json`
        const { anchor: first } = yield* makeSigner
        const { anchor: stranger } = yield* makeSigner
        const trust = yield* Effect.provide(Trust, Trust.layer(path))
        assert.deepStrictEqual(yield* trust.anchor, Option.none())
        yield* trust.pin(first)
        assert.strictEqual(yield* mode(path), 0o644)
        const refusal = (offered: TrustAnchor) =>
          Effect.map(Effect.flip(trust.pin(offered)), ({ reason }) => reason)
        assert.strictEqual(yield* refusal({ ...first, agentId: otherAgentId }), "other_agent")
        assert.strictEqual(yield* refusal({ ...first, organization: "org_other" }), "other_organization")
        assert.strictEqual(yield* refusal({ ...first, issuer: "cp_other" }), "other_keys")
        assert.strictEqual(yield* refusal(stranger), "other_keys")
        assert.deepStrictEqual(yield* trust.anchor, Option.some(first))
      }),
    ),
  )

  it.live("puts another agent id in place of the one that is pinned, and of no other", () =>
    inDirectory((directory) =>
      Effect.gen(function* () {
        const { anchor: first } = yield* makeSigner
        const trust = yield* Effect.provide(Trust, Trust.layer(`${directory}/trust.json`))
        const names = { from: agentId, to: otherAgentId }
        yield* trust.rename(names)
        assert.deepStrictEqual(yield* trust.anchor, Option.none())
        yield* trust.pin({ ...first, generation: 2 })
        yield* trust.rename({ from: otherAgentId, to: otherAgentId })
        assert.deepStrictEqual(yield* trust.anchor, Option.some({ ...first, generation: 2 }))
        yield* trust.rename(names)
        assert.deepStrictEqual(
          yield* trust.anchor,
          Option.some({ ...first, generation: 2, agentId: otherAgentId }),
        )
      }),
    ),
  )

  it.live("puts keys of a higher generation in place of the pinned ones, and never older ones again", () =>
    inDirectory((directory) =>
      Effect.gen(function* () {
        const { anchor: first } = yield* makeSigner
        const { key: second } = yield* makeSigner
        const { key: third } = yield* makeSigner
        const trust = yield* Effect.provide(Trust, Trust.layer(`${directory}/trust.json`))
        yield* trust.replaceKeys({ generation: 1, commandKeys: [second] })
        assert.deepStrictEqual(yield* trust.anchor, Option.none())
        yield* trust.pin(first)
        yield* trust.replaceKeys({ generation: 2, commandKeys: [second] })
        const now: TrustAnchor = { ...first, generation: 2, commandKeys: [second] }
        assert.deepStrictEqual(yield* trust.anchor, Option.some(now))
        yield* trust.replaceKeys({ generation: 1, commandKeys: [third] })
        yield* trust.replaceKeys({ generation: 2, commandKeys: [third] })
        assert.deepStrictEqual(yield* trust.anchor, Option.some(now))
        assert.strictEqual((yield* Effect.flip(trust.pin(first)))._tag, "PinRefused")
      }),
    ),
  )

  it.live("has brought every change to the disk before anything relies on it", () =>
    inDirectory((directory) =>
      Effect.gen(function* () {
        const path = `${directory}/trust.json`
        const { anchor } = yield* makeSigner
        const { key } = yield* makeSigner
        const steps: Array<string> = []
        const recording = layerAnnouncing((change, at) =>
          Effect.sync(() => void steps.push(`${change} ${at.slice(directory.length)}`)),
        )
        const trust = yield* Effect.provide(Trust, Trust.layer(path).pipe(Layer.provide(recording)))
        const changes = [
          trust.pin(anchor),
          trust.rename({ from: agentId, to: otherAgentId }),
          trust.replaceKeys({ generation: 1, commandKeys: [key] }),
        ]
        for (const change of changes) {
          steps.length = 0
          yield* change
          assert.deepStrictEqual(steps, [
            "remove /trust.json.new",
            "open /trust.json.new",
            "write /trust.json.new",
            "chmod /trust.json.new",
            "sync /trust.json.new",
            "rename /trust.json",
            // The new name is on disk, too.
            "sync ",
          ])
        }
      }),
    ),
  )

  it.live("is changed by one executor at a time", () =>
    inDirectory((directory) =>
      Effect.gen(function* () {
        const path = `${directory}/trust.json`
        const { anchor, key } = yield* makeSigner
        const { anchor: stranger } = yield* makeSigner
        const begun = yield* Deferred.make<void>()
        const goOn = yield* Deferred.make<void>()
        const slow = layerAnnouncing((change) =>
          change === "open"
            ? Effect.andThen(Deferred.succeed(begun, undefined), Deferred.await(goOn))
            : Effect.void,
        )
        const first = yield* Effect.provide(Trust, Trust.layer(path).pipe(Layer.provide(slow)))
        const second = yield* Effect.provide(Trust, Trust.layer(path))
        const pinning = yield* Effect.forkChild(first.pin(anchor))
        yield* Deferred.await(begun)
        const changes = [
          second.pin(stranger),
          second.rename({ from: agentId, to: otherAgentId }),
          second.replaceKeys({ generation: 1, commandKeys: [key] }),
        ]
        for (const change of changes) assert.strictEqual((yield* Effect.flip(change)).reason, "busy")
        yield* Deferred.succeed(goOn, undefined)
        yield* Fiber.join(pinning)
        assert.deepStrictEqual(yield* second.anchor, Option.some(anchor))
        assert.strictEqual((yield* Effect.flip(second.pin(stranger))).reason, "other_keys")
      }),
    ),
  )

  it.live("does not pin anew when the file is damaged", () =>
    inDirectory((directory) =>
      Effect.gen(function* () {
        const path = `${directory}/trust.json`
        const files = yield* FileSystem.FileSystem
        yield* files.writeFileString(path, "{")
        const { anchor } = yield* makeSigner
        const trust = yield* Effect.provide(Trust, Trust.layer(path))
        assert.strictEqual((yield* Effect.flip(trust.pin(anchor))).reason, "unreadable")
      }),
    ),
  )
})
