import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Schema from "effect/Schema"
import { checkout } from "./Release.ts"
import { PackageError } from "./runTool.ts"

const Ingredients = Schema.Struct({
  executable: Schema.Struct({
    packages: Schema.Record(Schema.String, Schema.Struct({ version: Schema.String, license: Schema.String })),
  }),
})
const decodeIngredients = Schema.decodeUnknownEffect(Schema.fromJsonString(Ingredients))
const decodeManifest = Schema.decodeUnknownEffect(
  Schema.fromJsonString(Schema.Struct({ version: Schema.String })),
)

/** `LICENSE`, `license.md`, `LICENSE-MIT.txt`, `NOTICE`, `COPYING`: whatever a redistribution has to carry along. */
const isLegalText = (file: string) => /^(?:licen[cs]e|copying|notice)\b/i.test(file)

/** What one package wants to be passed on with it. Its version must be the one that was built in. */
const legalText = Effect.fnUntraced(function* (name: string, version: string, license: string) {
  const files = yield* FileSystem.FileSystem
  const folder = `${checkout}/node_modules/${name}`
  const installed = yield* Effect.flatMap(files.readFileString(`${folder}/package.json`), decodeManifest)
  if (installed.version !== version) {
    return yield* new PackageError({
      what: `${name} ${version} was built in, but ${installed.version} is installed: npm ci and npm run build again`,
    })
  }
  const found = (yield* files.readDirectory(folder)).filter(isLegalText).sort()
  const texts = yield* Effect.forEach(found, (file) => files.readFileString(`${folder}/${file}`))
  if (texts.every((text) => text.trim() === "")) {
    return yield* new PackageError({ what: `${name} ${version} comes without the text of its licence` })
  }
  const title = `${name} ${version} (${license})`
  return `${title}\n${"=".repeat(title.length)}\n\n${texts.map((text) => text.trim()).join("\n\n")}\n`
})

/** The licences of the npm packages in the executable, as `npm run build` has listed them in `dist`, one after another. */
export const npmLicences = Effect.fn("npmLicences")(function* (dist: string) {
  const files = yield* FileSystem.FileSystem
  const { executable } = yield* decodeIngredients(yield* files.readFileString(`${dist}/ingredients.json`))
  const packages = Object.entries(executable.packages)
  if (packages.length === 0) return yield* new PackageError({ what: "no licences: npm run build first" })
  const texts = yield* Effect.forEach(packages, ([name, { version, license }]) =>
    legalText(name, version, license),
  )
  return texts.join("\n\n")
})
