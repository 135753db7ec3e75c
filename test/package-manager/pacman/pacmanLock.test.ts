import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import { readLock } from "../../../src/package-manager/pacman/pacmanLock.ts"
import { denied, layerFileTree, type Tree } from "../../fakes/fileTree.ts"

const lock = "/var/lib/pacman/db.lck"
const process = (pid: number, comm: string, fd: Tree[string]): Tree => ({
  [`/proc/${pid}/comm`]: `${comm}\n`,
  [`/proc/${pid}/fd/6`]: fd,
})

const read = (tree: Tree, isRoot: boolean) =>
  FileSystem.FileSystem.use((fs) => readLock(fs, isRoot)).pipe(Effect.provide(layerFileTree(tree)))

describe("readLock", () => {
  it.effect("is free without the file", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* read(process(7, "pacman", { link: lock }), true), { kind: "free" })
    }),
  )

  it.effect("is held by whoever has the file open, whatever it is called", () =>
    Effect.gen(function* () {
      const tree = {
        [lock]: "",
        ...process(7, "pacman", { link: "/x" }),
        ...process(8, "packagekitd", { link: lock }),
      }
      assert.deepStrictEqual(yield* read(tree, true), {
        kind: "held",
        holder: { lock, pid: 8, program: "packagekitd" },
      })
    }),
  )

  it.effect("is stale for root when nobody has, and never for one who cannot see", () =>
    Effect.gen(function* () {
      const tree = { [lock]: "", ...process(7, "bash", denied) }
      assert.deepStrictEqual(yield* read(tree, true), { kind: "stale" })
      assert.deepStrictEqual(yield* read(tree, false), { kind: "held", holder: { lock } })
      assert.deepStrictEqual(yield* read({ ...tree, ...process(9, "pacman", denied) }, false), {
        kind: "held",
        holder: { lock, pid: 9, program: "pacman" },
      })
    }),
  )
})
