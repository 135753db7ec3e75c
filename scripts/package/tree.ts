import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import { gzipSync } from "node:zlib"

/** One file to ship, by its path without the leading slash. */
export interface TreeFile {
  readonly path: string
  /** 0o644 when left out; a link and a folder have none. */
  readonly mode?: number
  readonly content:
    | { readonly copyOf: string }
    | { readonly text: string }
    | { readonly packed: string }
    | { readonly linkTo: string }
    | { readonly folder: true }
}

/** Writes a tree of files; every folder has mode 755. */
export const writeTree = Effect.fn("writeTree")(function* (root: string, tree: ReadonlyArray<TreeFile>) {
  const files = yield* FileSystem.FileSystem
  yield* Effect.forEach(
    tree,
    Effect.fnUntraced(function* ({ path, mode, content }) {
      const target = `${root}/${path}`
      yield* files.makeDirectory(target.slice(0, target.lastIndexOf("/")), { recursive: true })
      if ("folder" in content) return yield* files.makeDirectory(target, { recursive: true })
      if ("linkTo" in content) return yield* files.symlink(content.linkTo, target)
      if ("copyOf" in content) yield* files.copyFile(content.copyOf, target)
      else if ("text" in content) yield* files.writeFileString(target, content.text)
      // Without name and time of what was packed.
      else yield* files.writeFile(target, gzipSync(content.packed, { level: 9 }))
      yield* files.chmod(target, mode ?? 0o644)
    }),
    { discard: true },
  )
})

/** Puts values for `@NAME@`. */
export const fillIn = (template: string, values: Readonly<Record<string, string>>): string =>
  template.replaceAll(/@([A-Z_]+)@/g, (whole, name: string) => values[name] ?? whole)
