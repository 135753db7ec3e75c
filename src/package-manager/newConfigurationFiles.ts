import * as Effect from "effect/Effect"
import type * as FileSystem from "effect/FileSystem"
import * as Option from "effect/Option"

/** Their paths with their inodes: a file that was replaced by a newer one of the same name is new too. */
export type BesideLocal = ReadonlyMap<string, string>

/**
 * Files in /etc that a manager puts beside a configuration file which was changed locally, by the ends of their
 * names: `.dpkg-dist`, `.rpmnew`, `.pacnew`.
 */
export const listBesideLocal = Effect.fnUntraced(function* (
  fs: FileSystem.FileSystem,
  suffixes: ReadonlyArray<string>,
) {
  const names = yield* Effect.orElseSucceed(fs.readDirectory("/etc", { recursive: true }), () => [])
  const found = new Map<string, string>()
  for (const name of names) {
    if (!suffixes.some((suffix) => name.endsWith(suffix))) continue
    const info = yield* Effect.option(fs.stat(`/etc/${name}`))
    const inode = Option.flatMap(info, ({ ino }) => ino)
    found.set(`/etc/${name}`, Option.match(inode, { onNone: () => "", onSome: String }))
  }
  return found
})

/** Those that came into being between two listings. */
export const newFiles = (before: BesideLocal, after: BesideLocal): ReadonlyArray<string> =>
  [...after].filter(([path, inode]) => before.get(path) !== inode).map(([path]) => path)
