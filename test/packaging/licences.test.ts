import { assert, describe, it } from "@effect/vitest"
import * as NodeServices from "@effect/platform-node/NodeServices"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Schema from "effect/Schema"
import { readFileSync } from "node:fs"
import { npmLicences } from "../../scripts/package/licences.ts"

/** What would be shipped with an executable of these packages. */
const licencesOf = (
  packages: Readonly<Record<string, { readonly version: string; readonly license: string }>>,
) =>
  Effect.gen(function* () {
    const files = yield* FileSystem.FileSystem
    const dist = yield* files.makeTempDirectoryScoped()
    yield* files.writeFileString(`${dist}/ingredients.json`, JSON.stringify({ executable: { packages } }))
    return yield* npmLicences(dist)
  }).pipe(Effect.scoped, Effect.provide(NodeServices.layer))

const decodeManifest = Schema.decodeSync(Schema.fromJsonString(Schema.Struct({ version: Schema.String })))
const versionOf = (name: string) =>
  decodeManifest(readFileSync(`node_modules/${name}/package.json`, "utf8")).version

describe("licences of npm packages", () => {
  it.effect("are there as whole texts, whatever their files are called", () =>
    Effect.gen(function* () {
      const files = { jose: "LICENSE.md", "string-width": "license", "emoji-regex": "LICENSE-MIT.txt" }
      const text = yield* licencesOf(
        Object.fromEntries(
          Object.keys(files).map((name) => [name, { version: versionOf(name), license: "MIT" }]),
        ),
      )
      for (const [name, file] of Object.entries(files)) {
        assert.include(text, `${name} ${versionOf(name)} (MIT)\n=`)
        assert.include(text, readFileSync(`node_modules/${name}/${file}`, "utf8").trim())
      }
    }),
  )

  it.effect("of another version than the one built in are refused", () =>
    Effect.gen(function* () {
      const { message } = yield* Effect.flip(licencesOf({ jose: { version: "0.0.1", license: "MIT" } }))
      assert.include(message, `jose 0.0.1 was built in, but ${versionOf("jose")} is installed`)
    }),
  )

  it.effect("must be there for every package", () =>
    Effect.gen(function* () {
      assert.include((yield* Effect.flip(licencesOf({}))).message, "npm run build first")
      // One that comes without such a file.
      const bare = { "@redis/client": { version: versionOf("@redis/client"), license: "MIT" } }
      const { message } = yield* Effect.flip(licencesOf(bare))
      assert.include(message, "comes without the text of its licence")
    }),
  )
})
