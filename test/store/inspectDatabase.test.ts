import * as NodeFileSystem from "@effect/platform-node/NodeFileSystem"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import { Database } from "../../src/store/Database.ts"
import { inspectDatabase } from "../../src/store/inspectDatabase.ts"

const schema = ["CREATE TABLE words (word TEXT NOT NULL) STRICT"]

const inFile = <A, E>(use: (path: string) => Effect.Effect<A, E, FileSystem.FileSystem>) =>
  Effect.gen(function* () {
    const files = yield* FileSystem.FileSystem
    return yield* use(`${yield* files.makeTempDirectoryScoped()}/agent.sqlite`)
  }).pipe(Effect.provide(NodeFileSystem.layer))

const fill = Effect.gen(function* () {
  const db = yield* Database
  for (let row = 0; row < 200; row += 1) yield* db.run("INSERT INTO words VALUES (?)", "word ".repeat(50))
})

describe("inspectDatabase", () => {
  it.effect("finds a database sound that another process has open", () =>
    inFile((path) =>
      Effect.andThen(fill, inspectDatabase(path)).pipe(Effect.provide(Database.layer(path, schema))),
    ),
  )

  it.effect("finds damage inside a file that still opens", () =>
    inFile((path) =>
      Effect.gen(function* () {
        yield* Effect.provide(fill, Database.layer(path, schema))
        const files = yield* FileSystem.FileSystem
        const bytes = yield* files.readFile(path)
        bytes.fill(0xaa, 8192, 8192 + 2048)
        yield* files.writeFile(path, bytes)
        const error = yield* Effect.flip(inspectDatabase(path))
        assert.strictEqual(error.reason, "damaged")
      }),
    ),
  )

  it.effect("neither creates nor changes a file", () =>
    inFile((path) =>
      Effect.gen(function* () {
        const files = yield* FileSystem.FileSystem
        yield* Effect.flip(inspectDatabase(path))
        assert.isFalse(yield* files.exists(path))
        yield* Effect.provide(fill, Database.layer(path, schema))
        const before = yield* files.readFile(path)
        yield* inspectDatabase(path)
        assert.deepStrictEqual(yield* files.readFile(path), before)
      }),
    ),
  )
})
