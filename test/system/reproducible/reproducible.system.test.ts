import { assert, beforeAll, describe, it } from "@effect/vitest"
import * as NodeServices from "@effect/platform-node/NodeServices"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Schema from "effect/Schema"
import { buildOnce, built } from "../executable/built.ts"
import { runOnHost } from "../runOnHost.ts"

// The same sources make the same bytes, but for the code cache in the executable: so two packagings of one executable are
// the same, whoever makes them, where, and when. A small file stands for the executable here: none of this looks into it.

beforeAll(() => Effect.runPromise(buildOnce))

const checkout = `${import.meta.dirname}/../../..`

/** What a release is made of, besides node_modules and what was built. */
const sources = ["src", "scripts", "packaging", "package.json", "LICENSE", "docs/reference/cli.md"]

const Ingredients = Schema.Struct({
  executable: Schema.Struct({
    packages: Schema.Record(Schema.String, Schema.Struct({ version: Schema.String, license: Schema.String })),
  }),
})
const decodeIngredients = Schema.decodeUnknownEffect(Schema.fromJsonString(Ingredients))

const live = <A, E, R>(test: Effect.Effect<A, E, R>) =>
  test.pipe(Effect.scoped, Effect.provide(NodeServices.layer))

const shell = (script: string, ...args: ReadonlyArray<string>) =>
  runOnHost("sh", "-euc", script, "sh", ...args)

/** The sources, as somebody else has them, with what was built of them. */
const checkoutAt = Effect.fnUntraced(function* (copy: string) {
  const files = yield* FileSystem.FileSystem
  yield* files.makeDirectory(`${copy}/docs/reference`, { recursive: true })
  yield* Effect.forEach(sources, (name) => files.copy(`${checkout}/${name}`, `${copy}/${name}`))
  yield* files.symlink(yield* files.realPath(`${checkout}/node_modules`), `${copy}/node_modules`)
  yield* files.makeDirectory(`${copy}/dist/bundle`, { recursive: true })
  yield* files.makeDirectory(`${copy}/dist/linux-x64`)
  yield* files.copyFile(built.ingredients, `${copy}/dist/ingredients.json`)
  yield* files.copyFile(built.agentBundle, `${copy}/dist/bundle/patchctl-agent.cjs`)
  yield* files.copyFile(built.agentBundle, `${copy}/dist/linux-x64/patchctl-agent`)
  return copy
})

interface Maker {
  readonly folder: string
  readonly umask: string
  readonly environment: ReadonlyArray<string>
}

/** Makes all packages of a checkout, as somebody with these habits does, and answers where they are. */
const makePackages = Effect.fnUntraced(function* (copy: string, { folder, umask, environment }: Maker) {
  const output = `${copy}/packages`
  const within = `cd "$1"; umask "$2"; shift 2; exec env SOURCE_DATE_EPOCH=1767225600 "$@"`
  const program = [process.execPath, `${copy}/scripts/package.ts`, "--output", output]
  yield* shell(within, folder, umask, ...environment, ...program)
  return output
})

/** The texts of licences that one of the packages ships, as a script for `sh` in the folder of the packages. */
const shippedLicences = {
  deb: "dpkg-deb --fsys-tarfile ./*.deb | tar -xOf - ./usr/share/doc/patchctl-agent/NPM-LICENSES.gz | gzip -dc",
  rpm: "bsdtar -xOf ./*.rpm ./usr/share/licenses/patchctl-agent/NPM-LICENSES",
  archive: "tar -xzOf ./*-linux-x64.tar.gz --wildcards '*/NPM-LICENSES'",
  bundle: "tar -xJOf ./*-linux-node.tar.xz --wildcards '*/NPM-LICENSES'",
}

describe("packages", () => {
  it.live("are the same whoever makes them, and carry the licence of every package in the executable", () =>
    live(
      Effect.gen(function* () {
        const files = yield* FileSystem.FileSystem
        const folder = yield* files.makeTempDirectoryScoped()
        const [here, there] = [yield* checkoutAt(`${folder}/here`), yield* checkoutAt(`${folder}/else/where`)]
        const one = yield* makePackages(here, { folder: here, umask: "022", environment: ["LANG=C"] })
        const other = yield* makePackages(there, {
          folder: "/",
          umask: "077",
          environment: ["LANG=de_DE.UTF-8", "TZ=Pacific/Auckland", "HOME=/nonexistent"],
        })
        const names = (yield* files.readDirectory(one)).toSorted()
        // deb, rpm, two archives packed in two ways, and the list of them.
        assert.lengthOf(names, 7)
        const sums = yield* files.readFileString(`${one}/SHA256SUMS`)
        assert.strictEqual(yield* files.readFileString(`${other}/SHA256SUMS`), sums)
        // The list says what the files are.
        assert.lengthOf(sums.trim().split("\n"), 6)
        yield* shell(`cd "$1" && sha256sum --check --quiet SHA256SUMS`, other)

        const { executable } = yield* Effect.flatMap(
          files.readFileString(built.ingredients),
          decodeIngredients,
        )
        const packages = Object.entries(executable.packages)
        assert.isAtLeast(packages.length, 10)
        for (const [format, script] of Object.entries(shippedLicences)) {
          const shipped = yield* shell(`cd "$1"; ${script}`, one)
          for (const [name, { version, license }] of packages) {
            const title = `${name} ${version} (${license})`
            const place = shipped.indexOf(`${title}\n${"=".repeat(title.length)}\n\n`)
            assert.isAtLeast(place, 0, `${format} has ${title}`)
            // Not a name alone: every licence there is says so in its first lines.
            const text = shipped.slice(place + 2 * title.length)
            assert.match(text.slice(0, 400), /Licen[cs]e|Copyright|Permission/i, `${format}: ${name}`)
          }
        }
      }),
    ),
  )

  it.live("come from bundles that are the same in another folder", () =>
    live(
      Effect.gen(function* () {
        const files = yield* FileSystem.FileSystem
        const folder = yield* files.makeTempDirectoryScoped()
        const here = yield* checkoutAt(`${folder}/here`)
        yield* runOnHost("cp", "-a", here, `${folder}/elsewhere`)
        const bundled = Effect.fnUntraced(function* (copy: string) {
          const program = `
            import * as Effect from "effect/Effect"
            import { bundle } from "${copy}/scripts/build/bundle.ts"
            await Effect.runPromise(bundle("src/bin.ts", "${copy}/agent.cjs"))
          `
          yield* shell(
            `cd "$1" && exec "$2" --input-type=module --eval "$3"`,
            copy,
            process.execPath,
            program,
          )
          return `${copy}/agent.cjs`
        })
        yield* runOnHost("cmp", yield* bundled(here), yield* bundled(`${folder}/elsewhere`))
      }),
    ),
  )
})
