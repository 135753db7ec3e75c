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

/** The licences of the npm packages in the executable, as `npm run build` has listed them, one after another. */
export const npmLicences = Effect.fn("npmLicences")(function* (dist: string) {
  const files = yield* FileSystem.FileSystem
  const { executable } = yield* decodeIngredients(yield* files.readFileString(`${dist}/ingredients.json`))
  const texts = yield* Effect.forEach(
    Object.entries(executable.packages),
    Effect.fnUntraced(function* ([name, { version, license }]) {
      const folder = `${checkout}/node_modules/${name}`
      const found = (yield* files.readDirectory(folder)).find((file) => /^licen[cs]e/i.test(file))
      const text =
        found === undefined
          ? // Part of a repository whose licence file another of its packages carries.
            `Licence: ${license}`
          : yield* files.readFileString(`${folder}/${found}`)
      return `${name} ${version}\n${"=".repeat(name.length + version.length + 1)}\n\n${text.trim()}\n`
    }),
  )
  if (texts.length === 0) return yield* new PackageError({ what: "no licences: npm run build first" })
  return texts.join("\n\n")
})
