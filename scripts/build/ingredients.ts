import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Schema from "effect/Schema"
import type { Metafile } from "esbuild"

/** What a built file was made of. */
export interface Ingredients {
  /** Of npm, by name, with version and licence; files of theirs that were bundled but left nothing behind do not count. */
  readonly packages: Readonly<Record<string, { readonly version: string; readonly license: string }>>
  /** Our own, as paths in the repository. */
  readonly files: ReadonlyArray<string>
}

const decodeManifest = Schema.decodeUnknownEffect(
  Schema.fromJsonString(Schema.Struct({ version: Schema.String, license: Schema.String })),
)

const packageOf = (path: string) => path.match(/^.*node_modules\/((?:@[^/]+\/)?[^/]+)\//)

/** Names every package and file that has bytes in the output. */
export const ingredients = Effect.fnUntraced(function* (metafiles: ReadonlyArray<Metafile>) {
  const files = yield* FileSystem.FileSystem
  const inputs = metafiles
    .flatMap(({ outputs }) => Object.values(outputs))
    .flatMap(({ inputs }) => Object.entries(inputs))
    .flatMap(([path, { bytesInOutput }]) => (bytesInOutput > 0 ? [path] : []))
  const folders = new Map(
    inputs.flatMap((path) => {
      const found = packageOf(path)
      return found?.[1] === undefined ? [] : [[found[1], found[0]] as const]
    }),
  )
  const packages = yield* Effect.forEach([...folders].sort(), ([name, folder]) =>
    files.readFileString(`${import.meta.dirname}/../../${folder}package.json`).pipe(
      Effect.flatMap(decodeManifest),
      Effect.map((manifest) => [name, manifest] as const),
    ),
  )
  const own = inputs.filter((path) => /^(?:src|scripts|package\.json)/.test(path))
  const found: Ingredients = {
    packages: Object.fromEntries(packages),
    files: [...new Set(own)].sort(),
  }
  return found
})
