import { NodeFileSystem } from "@effect/platform-node"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import type { CommandResult } from "../../src/domain/Command.ts"
import type { AgentId } from "../../src/domain/Identifiers.ts"
import { Database } from "../../src/store/Database.ts"
import { Ledger } from "../../src/store/Ledger.ts"
import { ledgerMigrations } from "../../src/store/ledgerSchema.ts"
import { Trust } from "../../src/store/Trust.ts"
import { agentId, commandId, makeSigner } from "../fakes/CommandSigning.ts"

const nothingPinned = Layer.mock(Trust, { anchor: Effect.succeedNone })

export const keysPinned = Layer.unwrap(
  Effect.map(makeSigner, ({ anchor }) => Layer.mock(Trust, { anchor: Effect.succeedSome(anchor) })),
)

export const ledgerIn = (path: string, trust: Layer.Layer<Trust> = nothingPinned) =>
  Layer.fresh(
    Ledger.layer.pipe(Layer.provide(trust), Layer.provideMerge(Database.layer(path, ledgerMigrations))),
  )

export const inMemory = ledgerIn(":memory:")

export const hour = 3_600_000

/** A command for this host, signed now, or at another time, and valid for an hour. */
const accepted = (
  number: number,
  but: { readonly signed?: number; readonly expires?: number; readonly audience?: AgentId } = {},
) =>
  Effect.map(DateTime.now, (now) => {
    const signed = but.signed ?? DateTime.toEpochMillis(now)
    return {
      id: commandId(number),
      seq: number,
      audience: but.audience ?? agentId,
      name: "health_check",
      issuer: "cp_test",
      signedAt: DateTime.makeUnsafe(signed),
      expiresAt: DateTime.makeUnsafe(but.expires ?? signed + hour),
      executor: "boot:1:1",
    }
  })

export const begin = (...args: Parameters<typeof accepted>) =>
  Effect.gen(function* () {
    const ledger = yield* Ledger
    return yield* ledger.begin(yield* accepted(...args))
  })

export const finished = Effect.fnUntraced(function* (number: number) {
  const ledger = yield* Ledger
  const now = yield* DateTime.now
  const result: CommandResult = {
    commandId: commandId(number),
    command: "health_check",
    status: "succeeded",
    startedAt: now,
    finishedAt: now,
  }
  yield* ledger.finish(result, "cp_test")
})

export const carryOut = Effect.fnUntraced(function* (number: number) {
  const begun = yield* begin(number)
  yield* finished(number)
  return begun.kind
})

export const isKept = (number: number) =>
  Effect.map(
    Effect.flatMap(Ledger, (ledger) => ledger.resultOf(commandId(number))),
    Option.isSome,
  )

export const count = (table: string) =>
  Effect.map(
    Effect.flatMap(Database, (db) => db.all(`SELECT COUNT(*) AS n FROM ${table}`)),
    ([row]) => Number(row?.["n"]),
  )

export const inDirectory = <A, E>(test: (directory: string) => Effect.Effect<A, E, FileSystem.FileSystem>) =>
  Effect.gen(function* () {
    const files = yield* FileSystem.FileSystem
    return yield* test(yield* files.makeTempDirectoryScoped())
  }).pipe(Effect.provide(NodeFileSystem.layer))
