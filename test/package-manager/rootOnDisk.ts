import { assert } from "@effect/vitest"
import * as NodeServices from "@effect/platform-node/NodeServices"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import { inventoryOfRoot } from "../../src/package-manager/mountedRoot.ts"
import { fakeSubprocess, type Responder } from "../fakes/FakeSubprocess.ts"

/** Its os-release. */
export const debian = 'ID=debian\nVERSION_ID="12"\nPRETTY_NAME="Debian GNU/Linux 12"\n'

/** A record of dpkg. */
export const bash = "Package: bash\nStatus: install ok installed\nArchitecture: amd64\nVersion: 5.2-1\n\n"

/** What the paths of a root hold: a text, the target of a link, or a number of zero bytes. */
export type RootTree = Readonly<
  Record<string, string | { readonly link: string } | { readonly zeros: number }>
>

/** Writes a root into a folder that is gone when the scope closes. */
export const rootOnDisk = Effect.fnUntraced(function* (tree: RootTree) {
  const fs = yield* FileSystem.FileSystem
  const root = yield* fs.makeTempDirectoryScoped({ prefix: "root-" })
  for (const [path, entry] of Object.entries(tree)) {
    const file = `${root}${path}`
    yield* fs.makeDirectory(file.slice(0, file.lastIndexOf("/")), { recursive: true })
    if (typeof entry === "string") yield* fs.writeFileString(file, entry)
    else if ("link" in entry) yield* fs.symlink(entry.link, file)
    else {
      yield* fs.writeFileString(file, "")
      yield* fs.truncate(file, entry.zeros)
    }
  }
  return root
})

/** The inventory of such a root. */
export const installedIn = Effect.fnUntraced(
  function* (tree: RootTree, ...responders: ReadonlyArray<Responder>) {
    const root = yield* rootOnDisk(tree)
    return yield* inventoryOfRoot(root).pipe(Effect.provide(fakeSubprocess(...responders).layer))
  },
  Effect.scoped,
  Effect.provide(NodeServices.layer),
)

/** What the error says of such a root, with the folder of the test left out. */
export const refusalOf = (tree: RootTree, ...responders: ReadonlyArray<Responder>) =>
  installedIn(tree, ...responders).pipe(
    Effect.flip,
    Effect.map((error) =>
      error._tag === "MountedRootError"
        ? [error.reason, error.path, error.detail]
        : assert.fail(error.message),
    ),
  )
