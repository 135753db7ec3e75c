import * as NodeServices from "@effect/platform-node/NodeServices"
import { assert } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import { dirname } from "node:path"
import { eventually } from "../../eventually.ts"
import { TestControlPlane } from "../../fakes/TestControlPlane.ts"
import { makeReleases } from "./Releases.ts"
import { boot, install, running, type Server } from "./UpdateHost.ts"

/** A control plane that serves a vendor's releases, and a host that runs 1.0.0 of them. */
export const makeWorld = Effect.fn("makeWorld")(function* () {
  const files = yield* FileSystem.FileSystem
  const { url, caFile } = yield* TestControlPlane
  const server: Server = { url, caFile }
  const releases = yield* makeReleases(`${dirname(caFile)}/releases`)
  yield* releases.init
  const directory = yield* files.makeTempDirectoryScoped({ prefix: "patchctl-update-" })
  const root = `${directory}/host`
  yield* install(root, `${releases.publication.directory}/1.root.json`)
  yield* boot(root)
  yield* runs(root, "1.0.0")
  return { directory, root, server, releases }
})
export type World = Effect.Success<ReturnType<typeof makeWorld>>

/** Waits until that version runs. */
export const runs = (root: string, version: string) =>
  eventually(`${version} runs`, running(root), (found) => found === version, "20 seconds")

/** What is on disk: which version is in use by its own word, and which there are. */
export const onDisk = Effect.fnUntraced(function* (root: string) {
  const files = yield* FileSystem.FileSystem
  const text = yield* files.readFileString(`${root}/bin/patchctl-agent`)
  const versions = yield* Effect.orElseSucceed(files.readDirectory(`${root}/versions`), () => [])
  return { inUse: /patchctl v(\S+)"/.exec(text)?.[1], versions: versions.toSorted() }
})

/** A host works: a version runs, it is the one in use, and there are two on disk at most. */
export const works = Effect.fnUntraced(function* (root: string, version: string) {
  yield* runs(root, version)
  const { inUse, versions } = yield* onDisk(root)
  assert.strictEqual(inUse, version)
  assert.isAtMost(versions.length, 2, versions.join(" "))
})

/** A test on a world of its own. */
export const inWorld = <A, E, R>(test: (world: World) => Effect.Effect<A, E, R>) =>
  Effect.gen(function* () {
    return yield* test(yield* makeWorld())
  }).pipe(Effect.provide(TestControlPlane.layer()), Effect.scoped, Effect.provide(NodeServices.layer))
