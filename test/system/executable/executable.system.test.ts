import { assert, beforeAll, describe, it } from "@effect/vitest"
import * as NodeServices from "@effect/platform-node/NodeServices"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Schema from "effect/Schema"
import { InventoryDocument } from "../../../src/cli/scanDocument.ts"
import { agentVersion } from "../../../src/agentVersion.ts"
import { feedKeysText } from "../../../src/vulnerability/feedKeys.ts"
import { publication, publisher } from "../../vulnerability/feedPublication.ts"
import { kill, start } from "../lab/hostProcess.ts"
import { buildOnce, built } from "./built.ts"

// What `npm run build` makes, as programs of this machine.

beforeAll(() => Effect.runPromise(buildOnce))

const decodeInventory = Schema.decodeUnknownEffect(Schema.fromJsonString(InventoryDocument))
const Contents = Schema.Struct({
  packages: Schema.Record(Schema.String, Schema.Struct({ version: Schema.String, license: Schema.String })),
  files: Schema.Array(Schema.String),
})
const decodeIngredients = Schema.decodeUnknownEffect(
  Schema.fromJsonString(Schema.Record(Schema.String, Contents)),
)

/** Runs a program of the host to its end, with nothing but this environment. */
const run = (argv: readonly [string, ...ReadonlyArray<string>], env: Readonly<Record<string, string>> = {}) =>
  Effect.gen(function* () {
    const program = yield* start(argv, { env: { PATH: "/usr/bin:/bin", ...env }, stdin: "null", stop: kill })
    const exitCode = yield* program.exit
    yield* program.closed
    return { exitCode, stdout: yield* program.stdout, stderr: yield* program.stderr }
  }).pipe(Effect.scoped)

const live = <A, E, R>(test: Effect.Effect<A, E, R>) =>
  test.pipe(Effect.scoped, Effect.provide(NodeServices.layer))

const versionLine = { exitCode: 0, stdout: `patchctl v${agentVersion}\n`, stderr: "" }
const [major, minor] = [2, 28]

/** A feed, its key and a list of packages: a scan of them unpacks brotli and verifies a signature. */
const scanWithFeed = Effect.gen(function* () {
  const files = yield* FileSystem.FileSystem
  const folder = yield* files.makeTempDirectoryScoped()
  yield* Effect.forEach(publication({ serial: 7 }), ([name, bytes]) =>
    files.writeFile(`${folder}/${name}`, bytes),
  )
  yield* files.writeFileString(`${folder}/key.pub`, feedKeysText([publisher.publicKey]))
  const inventory = "name\tversion\tarch\tsource\nbash\t5.1.8-9.el9\tx86_64\tbash\n"
  yield* files.writeFileString(`${folder}/inventory.tsv`, inventory)
  const data = ["--release", "almalinux-9", "--feed", folder, "--trust", `${folder}/key.pub`]
  return ["scan", "--json", "--inventory", `${folder}/inventory.tsv`, ...data]
})

const findsTheFix = (argv: readonly [string, ...ReadonlyArray<string>]) =>
  Effect.gen(function* () {
    const { exitCode, stdout, stderr } = yield* run([...argv, ...(yield* scanWithFeed)])
    assert.deepStrictEqual([exitCode, stderr], [0, ""])
    const { findings } = yield* decodeInventory(stdout)
    assert.deepStrictEqual(
      findings.map(({ cve, fixed }) => [cve, fixed]),
      [["CVE-2026-1234", "0:5.1.8-10.el9"]],
    )
  })

describe("the executable", () => {
  it.live("answers its version, also by the name patchctl", () =>
    live(
      Effect.gen(function* () {
        const files = yield* FileSystem.FileSystem
        const folder = yield* files.makeTempDirectoryScoped()
        yield* files.symlink(built.executable, `${folder}/patchctl`)
        assert.deepStrictEqual(yield* run([built.executable, "--version"]), versionLine)
        assert.deepStrictEqual(yield* run([`${folder}/patchctl`, "--version"]), versionLine)
      }),
    ),
  )

  it.live("takes no code from the environment", () =>
    live(
      Effect.gen(function* () {
        const files = yield* FileSystem.FileSystem
        const folder = yield* files.makeTempDirectoryScoped()
        yield* files.writeFileString(`${folder}/loaded.cjs`, "console.log('loaded')\n")
        const env = { NODE_OPTIONS: `--require ${folder}/loaded.cjs`, NODE_PATH: folder, NODE_DEBUG: "sea" }
        // The same words do work on a bare Node.
        assert.include((yield* run([process.execPath, "--version"], {})).stdout, process.version)
        assert.include((yield* run([process.execPath, "-e", "0"], env)).stdout, "loaded")
        assert.notInclude((yield* run([built.executable, "--help"], env)).stdout, "loaded")
        assert.strictEqual((yield* run([built.executable, "--version"], env)).stdout, versionLine.stdout)
      }),
    ),
  )

  it.live("takes a word of Node's for an argument of its own", () =>
    live(
      Effect.gen(function* () {
        for (const word of ["--require=/x", "-e", "--node-options=--require=/x", "--inspect"]) {
          assert.strictEqual((yield* run([built.executable, word])).exitCode, 64, word)
        }
      }),
    ),
  )

  it.live("says the same on its short way to the status as on the long one", () =>
    live(
      Effect.gen(function* () {
        const files = yield* FileSystem.FileSystem
        const folder = yield* files.makeTempDirectoryScoped()
        const env = { PATCHCTL_STATE_DIRECTORY: folder }
        for (const json of [[], ["--json"]]) {
          const short = yield* run([built.executable, "status", ...json], env)
          const long = yield* run([built.executable, "status", ...json, "--state-directory", folder])
          assert.deepStrictEqual(short, long)
          assert.strictEqual(short.exitCode, 4)
          assert.include(short.stdout, `${folder}/status.json does not exist`)
        }
      }),
    ),
  )

  it.live("scans an inventory", () => live(findsTheFix([built.executable])))

  it.live("needs nothing newer than glibc 2.28", () =>
    live(
      Effect.gen(function* () {
        const files = yield* FileSystem.FileSystem
        const bytes = Buffer.from(yield* files.readFile(built.executable))
        // The names of symbol versions stand in the first segment, before all code.
        const names = bytes.subarray(0, 4 * 1024 * 1024).toString("latin1")
        const versions = [...names.matchAll(/GLIBC_(\d+)\.(\d+)/g)].map(([, left, right]) =>
          [left, right].map(Number),
        )
        assert.deepInclude(versions, [major, minor])
        const newer = versions.filter(
          ([left = 0, right = 0]) => left > major || (left === major && right > minor),
        )
        assert.deepStrictEqual(newer, [])
        // Not everywhere installed, and needed by later Nodes.
        assert.notInclude(names, "libatomic.so")
      }),
    ),
  )

  it.live("is not larger than promised, and has nothing of the control plane in it", () =>
    live(
      Effect.gen(function* () {
        const files = yield* FileSystem.FileSystem
        assert.isAtMost(Number((yield* files.stat(built.executable)).size), 110_000_000)
        const inside = yield* Effect.flatMap(files.readFileString(built.ingredients), decodeIngredients)
        const agents = [inside["executable"], inside["patchctl-agent.cjs"]]
        const unwanted =
          /^src\/control-plane\/|^(?:@opentelemetry\/.*|@effect\/opentelemetry|reflect-metadata|@peculiar\/.*|undici|ws|redis)$/
        for (const contents of agents) {
          const names = [...(contents?.files ?? []), ...Object.keys(contents?.packages ?? {})]
          assert.includeMembers(names, ["src/main.ts", "src/statusMain.ts", "effect", "jose"])
          assert.deepStrictEqual(
            names.filter((name) => unwanted.test(name)),
            [],
          )
        }
        // The same look does find them where they belong.
        const server = Object.keys(inside["patchctl-control-plane.mjs"]?.packages ?? {})
        assert.isNotEmpty(server.filter((name) => unwanted.test(name)))
      }),
    ),
  )
})

describe("the bundle", () => {
  it.live("is all that a distribution's Node needs", () =>
    live(
      Effect.gen(function* () {
        const files = yield* FileSystem.FileSystem
        const folder = yield* files.makeTempDirectoryScoped()
        const bundle = `${folder}/patchctl-agent.cjs`
        yield* files.copyFile(built.agentBundle, bundle)
        assert.deepStrictEqual(yield* run([process.execPath, bundle, "--version"]), versionLine)
        assert.strictEqual((yield* run([process.execPath, bundle, "status"])).exitCode, 4)
        yield* findsTheFix([process.execPath, "--lite-mode", bundle])
      }),
    ),
  )
})
