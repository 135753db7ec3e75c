import * as NodeServices from "@effect/platform-node/NodeServices"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Stream from "effect/Stream"
import * as ChildProcess from "effect/process/ChildProcess"
import { isLocked, lockFile } from "../../src/store/Database.ts"

/** A process that takes the lock, says so, and then does nothing. */
const holder = (path: string) =>
  ChildProcess.make(process.execPath, [
    "--input-type=module",
    "--eval",
    `import { DatabaseSync } from "node:sqlite"
     new DatabaseSync(process.argv[1]).exec("BEGIN EXCLUSIVE")
     console.log("held")
     setInterval(() => {}, 1000)`,
    path,
  ])

const attempt = (path: string) =>
  Effect.scoped(lockFile(path)).pipe(
    Effect.match({ onSuccess: () => "held", onFailure: ({ reason }) => reason }),
  )

describe("a lock file", () => {
  it.live("is held by one process at a time, and by nobody when that one is killed", () =>
    Effect.gen(function* () {
      const fs = yield* FileSystem.FileSystem
      const path = `${yield* fs.makeTempDirectoryScoped()}/.lock`
      assert.strictEqual(yield* attempt(path), "held")
      const other = yield* holder(path)
      yield* Stream.runHead(other.stdout)
      assert.isTrue(yield* isLocked(path))
      assert.strictEqual(yield* attempt(path), "busy")
      yield* other.kill({ killSignal: "SIGKILL" })
      assert.isFalse(yield* isLocked(path))
      assert.isFalse(yield* isLocked(`${path}.nowhere`))
      assert.isFalse(yield* fs.exists(`${path}.nowhere`))
      assert.strictEqual(yield* attempt(path), "held")
      assert.strictEqual(yield* attempt(`${path}/nowhere`), "failed")
    }).pipe(Effect.scoped, Effect.provide(NodeServices.layer)),
  )
})
