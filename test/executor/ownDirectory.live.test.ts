import { NodeFileSystem, NodePath } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import { Environment } from "../../src/config/Environment.ts"
import { ownDirectory } from "../../src/executor/ownDirectory.ts"

/** Directories that belong to root, but for one, as an ordinary user's test cannot make them. `real`: it is a link to there. */
const judged = (
  directory: string,
  odd: { readonly path: string; readonly uid?: number; readonly mode?: number },
  { real = directory, userId = 0 } = {},
) =>
  Effect.result(ownDirectory(directory)).pipe(
    Effect.provide([
      Layer.succeed(Environment, { userId, variables: {} }),
      NodePath.layer,
      Layer.effect(
        FileSystem.FileSystem,
        Effect.map(FileSystem.FileSystem, (files) => ({
          ...files,
          exists: () => Effect.succeed(true),
          realPath: (path: string) => Effect.succeed(path === directory ? real : `${path}/nowhere`),
          stat: (path: string) =>
            Effect.map(files.stat("/"), (root) => ({
              ...root,
              uid: Option.some(path === odd.path ? (odd.uid ?? 0) : 0),
              mode: path === odd.path ? (odd.mode ?? 0o755) : 0o755,
            })),
        })),
      ).pipe(Layer.provide(NodeFileSystem.layer)),
    ]),
    Effect.map((result) => (result._tag === "Failure" ? result.failure.reason : "safe")),
  )

describe("the executor's directory", () => {
  const directory = "/var/lib/patchctl-executor"

  it.effect("is safe where only root could replace it", () =>
    Effect.gen(function* () {
      assert.strictEqual(yield* judged(directory, { path: "/nowhere" }), "safe")
      assert.strictEqual(yield* judged(directory, { path: "/var", mode: 0o1777 }), "safe")
    }),
  )

  it.effect("is refused where somebody else could", () =>
    Effect.gen(function* () {
      assert.strictEqual(yield* judged(directory, { path: directory, uid: 990 }), "owner")
      assert.strictEqual(yield* judged(directory, { path: directory, mode: 0o775 }), "mode")
      assert.strictEqual(yield* judged(directory, { path: directory, mode: 0o757 }), "mode")
      assert.strictEqual(yield* judged(directory, { path: directory, mode: 0o1777 }), "mode")
      assert.strictEqual(yield* judged(directory, { path: "/var/lib", uid: 990 }), "owner")
      assert.strictEqual(yield* judged(directory, { path: "/var/lib", mode: 0o777 }), "mode")
    }),
  )

  it.effect("is judged by the way to a link and by the way to where that leads", () =>
    Effect.gen(function* () {
      const link = { real: "/srv/state/patchctl" }
      assert.strictEqual(yield* judged(directory, { path: "/nowhere" }, link), "safe")
      assert.strictEqual(yield* judged(directory, { path: "/srv/state", uid: 990 }, link), "owner")
      assert.strictEqual(yield* judged(directory, { path: "/srv", mode: 0o777 }, link), "mode")
      assert.strictEqual(yield* judged(directory, { path: "/var/lib", uid: 990 }, link), "owner")
    }),
  )

  it.effect("may be anything for an ordinary user, who keeps nothing from root", () =>
    Effect.gen(function* () {
      assert.strictEqual(yield* judged(directory, { path: directory, uid: 990 }, { userId: 990 }), "safe")
    }),
  )

  it.live("is made so that the daemon may read the keys in it, whatever the umask", () =>
    Effect.gen(function* () {
      const files = yield* FileSystem.FileSystem
      const made = `${yield* files.makeTempDirectoryScoped()}/state-executor`
      const before = process.umask(0o077)
      yield* Effect.ensuring(
        ownDirectory(made),
        Effect.sync(() => process.umask(before)),
      )
      assert.strictEqual((yield* files.stat(made)).mode & 0o777, 0o755)
    }).pipe(
      Effect.scoped,
      Effect.provide([
        Layer.succeed(Environment, { userId: process.getuid?.() ?? 0, variables: {} }),
        NodePath.layer,
        NodeFileSystem.layer,
      ]),
    ),
  )
})
