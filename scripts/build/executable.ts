import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import type { Metafile } from "esbuild"
import { constants, zstdCompressSync } from "node:zlib"
import { inject } from "postject"
import { agentVersion } from "../../src/agentVersion.ts"
import { BuildError } from "./BuildError.ts"
import { bundle } from "./bundle.ts"
import { lazyBuiltins } from "./lazyBuiltins.ts"
import { asFunction, importParts, parts } from "./parts.ts"
import { runProgram } from "./runProgram.ts"
import { strip } from "./strip.ts"

export type Arch = "x64" | "arm64"

/**
 * Without code generation: half the memory, and no page that is both written and executed. Beyond that a small young
 * generation, and no helper threads.
 */
export const v8Flags = ["--lite-mode", "--max-semi-space-size=2", "--v8-pool-size=0"] as const

/** postject finds by this text of Node's whether there is a program inside, and where to say so. */
const sentinelFuse = "NODE_SEA_FUSE_fce680ab2cc467b6e072b8b5df1996b2"

const smallest = { params: { [constants.ZSTD_c_compressionLevel]: 19 } }

const pack = Effect.fnUntraced(function* (file: string) {
  const files = yield* FileSystem.FileSystem
  yield* files.writeFile(file, zstdCompressSync(yield* files.readFile(file), smallest))
})

/** Script and code cache of a part, as the executable carries them: packed, which costs a start some 3 ms. */
const makePart = Effect.fnUntraced(function* (name: string, folder: string, withCache: boolean) {
  const files = yield* FileSystem.FileSystem
  const [source, cache] = [`${folder}/${name}.cjs`, `${folder}/${name}.cache`]
  const metafile = yield* bundle(`src/${name}.ts`, source, asFunction)
  if (withCache) {
    yield* runProgram(process.execPath, ...v8Flags, `${import.meta.dirname}/makeCodeCache.cjs`, source, cache)
  } else {
    yield* files.writeFile(cache, new Uint8Array())
  }
  yield* Effect.forEach([source, cache], pack)
  return metafile
})

/** Answers what the executable must answer, or the build has failed: without its program it would be a plain Node. */
const prove = Effect.fn(function* (executable: string) {
  const version = yield* runProgram(executable, "--version")
  const help = yield* runProgram(executable, "--help")
  if (version !== `patchctl v${agentVersion}\n` || !help.includes("selftest")) {
    return yield* new BuildError({ what: `${executable} does not answer as patchctl-agent does` })
  }
})

/** Builds `<output>` and answers what its parts were made of. */
export const buildExecutable = Effect.fn("buildExecutable")(function* (arch: Arch, output: string) {
  const files = yield* FileSystem.FileSystem
  const node = `${import.meta.dirname}/../../node_modules/node-linux-${arch}/bin/node`
  if (!(yield* files.exists(node))) {
    return yield* new BuildError({
      what: `${node} is missing: npm ci installs only the Node of its own processor, so build ${arch} on such a machine`,
    })
  }
  const isOurs = arch === process.arch
  const folder = yield* files.makeTempDirectoryScoped({ prefix: "patchctl-build-" })
  const entry = yield* bundle("src/bin.ts", `${folder}/bin.cjs`, { plugins: [importParts, lazyBuiltins] })
  const made = yield* Effect.forEach(parts, (part) => makePart(part, folder, isOurs))
  const assets = parts.flatMap((name) => [`${name}.cjs`, `${name}.cache`])
  const sea = {
    main: `${folder}/bin.cjs`,
    output: `${folder}/blob`,
    disableExperimentalSEAWarning: true,
    useCodeCache: isOurs,
    execArgv: v8Flags,
    // NODE_OPTIONS could load code into root's programs.
    execArgvExtension: "none",
    assets: Object.fromEntries(assets.map((name) => [name, `${folder}/${name}`])),
  }
  yield* files.writeFileString(`${folder}/sea.json`, JSON.stringify(sea))
  yield* runProgram(process.execPath, ...v8Flags, "--experimental-sea-config", `${folder}/sea.json`)

  const whole = Buffer.from(yield* files.readFile(node))
  const bare = yield* Effect.try({
    try: () => strip(whole),
    catch: (cause) => new BuildError({ what: `${node} cannot be stripped`, cause }),
  })
  const blob = Buffer.from(yield* files.readFile(`${folder}/blob`))
  // A name of its own: one that is running may be there.
  yield* files.writeFile(`${output}.new`, bare, { mode: 0o755 })
  yield* Effect.tryPromise({
    try: () => inject(`${output}.new`, "NODE_SEA_BLOB", blob, { sentinelFuse }),
    catch: (cause) => new BuildError({ what: "the program cannot be put into Node", cause }),
  })
  yield* files.chmod(`${output}.new`, 0o755)
  if (isOurs) yield* prove(`${output}.new`)
  yield* files.rename(`${output}.new`, output)
  return [entry, ...made] satisfies ReadonlyArray<Metafile>
}, Effect.scoped)
