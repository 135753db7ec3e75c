import * as NodeFileSystem from "@effect/platform-node/NodeFileSystem"
import { assert, describe, it } from "@effect/vitest"
import * as Arbitrary from "effect/Arbitrary"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Schema from "effect/Schema"
import { AgentStatus } from "../../src/domain/AgentStatus.ts"
import { StatusFile } from "../../src/store/StatusFile.ts"

const encode = Schema.encodeSync(AgentStatus)

const inDirectory = <A, E>(
  use: (directory: string) => Effect.Effect<A, E, StatusFile | FileSystem.FileSystem>,
) =>
  Effect.gen(function* () {
    const files = yield* FileSystem.FileSystem
    const directory = yield* files.makeTempDirectoryScoped()
    return yield* Effect.provide(use(directory), StatusFile.layer(directory))
  }).pipe(Effect.provide(NodeFileSystem.layer))

const samples = Arbitrary.sampleEffect(Arbitrary.schema(AgentStatus), { count: 20, seed: 1 })

describe("StatusFile", () => {
  it.effect("gives back what was written last, to every user", () =>
    inDirectory((directory) =>
      Effect.gen(function* () {
        const files = yield* FileSystem.FileSystem
        const statusFile = yield* StatusFile
        for (const status of yield* samples) {
          yield* statusFile.write(status)
          assert.deepStrictEqual(encode(yield* statusFile.read), encode(status))
        }
        assert.strictEqual((yield* files.stat(`${directory}/status.json`)).mode & 0o777, 0o644)
        assert.deepStrictEqual(yield* files.readDirectory(directory), ["status.json"])
      }),
    ),
  )

  it.effect("opens to every user what a crash left half-written and private", () =>
    inDirectory((directory) =>
      Effect.gen(function* () {
        const files = yield* FileSystem.FileSystem
        yield* files.writeFileString(`${directory}/status.json.new`, '{"writtenAt', { mode: 0o600 })
        const statusFile = yield* StatusFile
        for (const status of yield* samples) yield* statusFile.write(status)
        assert.strictEqual((yield* files.stat(`${directory}/status.json`)).mode & 0o777, 0o644)
      }),
    ),
  )

  it.effect("says when there is none", () =>
    inDirectory(() =>
      Effect.gen(function* () {
        const error = yield* Effect.flip((yield* StatusFile).read)
        assert.strictEqual(error.reason, "missing")
      }),
    ),
  )

  it.effect("says when the directory cannot be written", () =>
    inDirectory((directory) =>
      Effect.gen(function* () {
        const [status] = yield* samples
        const files = yield* FileSystem.FileSystem
        yield* files.remove(directory, { recursive: true })
        const error = yield* Effect.flip(
          (yield* StatusFile).write(status ?? (yield* Effect.die("no sample"))),
        )
        assert.strictEqual(error.reason, "missing")
      }),
    ),
  )

  it.effect.prop("answers any content with a status or an error", [Schema.String], ([content]) =>
    inDirectory((directory) =>
      Effect.gen(function* () {
        const files = yield* FileSystem.FileSystem
        yield* files.writeFileString(`${directory}/status.json`, content)
        const error = yield* Effect.flip((yield* StatusFile).read)
        assert.strictEqual(error.reason, "damaged")
      }),
    ),
  )
})
