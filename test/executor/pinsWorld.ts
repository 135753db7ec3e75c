import { NodeFileSystem, NodePath } from "@effect/platform-node"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import { answerSigned } from "../../src/executor/answerRequest.ts"
import { Executor } from "../../src/executor/Executor.ts"
import type { ExecutorRequest } from "../../src/protocol/ExecutorMessages.ts"
import { Database } from "../../src/store/Database.ts"
import { Ledger } from "../../src/store/Ledger.ts"
import { ledgerMigrations } from "../../src/store/ledgerSchema.ts"
import { Trust } from "../../src/store/Trust.ts"
import type { makeSigner } from "../fakes/CommandSigning.ts"

export type Signer = Effect.Success<typeof makeSigner>

/** The side of the executor that keeps what is pinned, on real files; for `live` tests. */
export const keeper = Effect.gen(function* () {
  const files = yield* FileSystem.FileSystem
  const directory = yield* files.makeTempDirectoryScoped()
  const services = yield* Layer.build(
    Layer.mock(Executor, {}).pipe(
      Layer.provideMerge(Ledger.layer),
      Layer.provideMerge(Database.layer(`${directory}/executor.sqlite`, ledgerMigrations)),
      Layer.provideMerge(Trust.layer(`${directory}/trust.json`)),
    ),
  )
  const ask = (request: Extract<ExecutorRequest, { kind: "pin" | "rotate" | "rename" }>) =>
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
}).pipe(Effect.provide([NodeFileSystem.layer, NodePath.layer]))
