import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import { syncDirectory, writeDurably } from "../host/durableFiles.ts"
import { ReleasesRefused } from "./ReleaseSource.ts"

/** In the order in which each is believed because of those before it. */
const names = ["root.json", "timestamp.json", "snapshot.json", "targets.json"] as const

const Versioned = Schema.fromJsonString(Schema.Struct({ signed: Schema.Struct({ version: Schema.Int }) }))
const decodeVersion = Schema.decodeUnknownOption(Versioned)

/** A file as it is, and which version of its kind that is. None for one that is missing or damaged. */
const readVersioned = Effect.fnUntraced(function* (path: string) {
  const files = yield* FileSystem.FileSystem
  const text = yield* Effect.option(files.readFileString(path))
  return Option.flatMap(text, (content) =>
    Option.map(decodeVersion(content), ({ signed }) => ({ content, version: signed.version })),
  )
})

/**
 * Runs `refresh` on a copy of the metadata that were believed last, and keeps what it has checked by then, also when it
 * fails: a newer root or timestamp must not be forgotten. tuf-js writes in place, so a power failure could otherwise leave
 * a host without its keys. `update/root.json` is what the installation trusts: it counts where nothing newer is kept.
 */
export const withTrustedMetadata = Effect.fn("withTrustedMetadata")(function* <A, E, R>(
  update: string,
  refresh: (directory: string) => Effect.Effect<A, E, R>,
) {
  const files = yield* FileSystem.FileSystem
  const kept = `${update}/metadata`
  const scratch = `${update}/metadata.new`

  const shipped = yield* readVersioned(`${update}/root.json`)
  const latest = yield* readVersioned(`${kept}/root.json`)
  const root = [shipped, latest]
    .flatMap(Option.toArray)
    .toSorted((a, b) => b.version - a.version)
    .at(0)
  if (root === undefined) {
    return yield* new ReleasesRefused({
      reason: "no_trust",
      detail: `${update}/root.json is missing or damaged`,
    })
  }
  yield* files.makeDirectory(kept, { recursive: true, mode: 0o755 })
  yield* files.remove(scratch, { recursive: true, force: true })
  yield* files.makeDirectory(scratch, { mode: 0o700 })
  yield* files.writeFileString(`${scratch}/root.json`, root.content)
  for (const name of names.slice(1)) {
    const known = yield* readVersioned(`${kept}/${name}`)
    if (Option.isSome(known)) yield* files.writeFileString(`${scratch}/${name}`, known.value.content)
  }

  const keep = Effect.gen(function* () {
    for (const name of names) {
      const checked = yield* Effect.option(files.readFile(`${scratch}/${name}`))
      if (Option.isNone(checked)) continue
      const before = yield* Effect.option(files.readFile(`${kept}/${name}`))
      const same = Option.isSome(before) && Buffer.compare(before.value, checked.value) === 0
      if (!same) yield* writeDurably(`${kept}/${name}`, checked.value)
    }
    yield* files.remove(scratch, { recursive: true, force: true })
    yield* syncDirectory(update)
  })
  const outcome = yield* Effect.exit(refresh(scratch))
  yield* keep
  return yield* outcome
})
