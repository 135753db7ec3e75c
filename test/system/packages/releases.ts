import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Layer from "effect/Layer"
import * as Schema from "effect/Schema"
import * as NodeServices from "@effect/platform-node/NodeServices"
import { built, buildOnce } from "../executable/built.ts"
import { BoxError } from "../lab/hostProcess.ts"
import { onHost } from "../lab/machine.ts"

const checkout = `${import.meta.dirname}/../../..`

/** What a build reads of the checkout, besides node_modules. */
const sources = ["src", "scripts", "packaging", "package.json", "LICENSE", "docs/reference/cli.md"]

const Manifest = Schema.Record(Schema.String, Schema.Unknown)
const decodeManifest = Schema.decodeUnknownEffect(Schema.fromJsonString(Manifest))

/** The packages of one version, and the control plane that belongs to it. */
export interface BuiltRelease {
  readonly version: string
  /** Folder with deb, rpm, archive, SHA256SUMS, its signature and install.sh. */
  readonly folder: string
  readonly deb: string
  readonly rpm: string
  readonly controlPlane: string
  /** As self-update takes it. */
  readonly executable: string
}

/** Two releases, built from this checkout and signed with the same key, whose script installations trust `updates`. */
export class Releases extends Context.Service<
  Releases,
  {
    readonly older: BuiltRelease
    readonly newer: BuiltRelease
    /** `releases`, without any so far, and the `keys` that sign it. */
    readonly updates: { readonly folder: string; readonly root: string }
  }
>()("patchctl/test/system/packages/Releases") {
  static readonly layer = Layer.effect(
    Releases,
    Effect.gen(function* () {
      const fs = yield* FileSystem.FileSystem
      const folder = yield* fs.makeTempDirectoryScoped({ prefix: "patchctl-releases-" })
      yield* fs.chmod(folder, 0o755)
      const key = `${folder}/key.pem`
      yield* must(
        "openssl",
        "genpkey",
        "-algorithm",
        "EC",
        "-pkeyopt",
        "ec_paramgen_curve:P-256",
        "-out",
        key,
      )
      const { version } = yield* decodeManifest(yield* fs.readFileString(`${checkout}/package.json`))
      yield* buildOnce
      const updates = { folder: `${folder}/updates`, root: `${folder}/updates/releases/1.root.json` }
      const places = ["--keys", `${updates.folder}/keys`, "--out", `${updates.folder}/releases`]
      yield* must(process.execPath, built.controlPlaneBundle, "release", "init", ...places)
      const options = ["--fast", "--signing-key", key, "--update-root", updates.root]
      return {
        // The checkout's own version is built already.
        older: yield* release(`${folder}/older`, String(version), options, (copy) =>
          fs.copy(`${checkout}/dist`, `${copy}/dist`),
        ),
        newer: yield* release(`${folder}/newer`, "99.0.0", options, (copy) =>
          must(process.execPath, `${copy}/scripts/build.ts`),
        ),
        updates,
      }
    }),
  ).pipe(Layer.provide(NodeServices.layer))
}

/** Runs a program of this machine that must succeed. */
export const must = (...argv: readonly [string, ...ReadonlyArray<string>]) =>
  Effect.flatMap(onHost(argv), ({ exitCode, stdout, stderr }) =>
    exitCode === 0
      ? Effect.succeed(stdout)
      : Effect.fail(new BoxError({ what: `${argv.join(" ")}: exit code ${exitCode}\n${stdout}${stderr}` })),
  )

/** Makes the packages in a copy: a version is in the sources, and dist/ of the checkout is others'. */
const release = Effect.fnUntraced(function* <E>(
  copy: string,
  version: string,
  options: ReadonlyArray<string>,
  build: (copy: string) => Effect.Effect<unknown, E>,
) {
  const fs = yield* FileSystem.FileSystem
  yield* fs.makeDirectory(`${copy}/docs/reference`, { recursive: true })
  yield* Effect.forEach(sources, (name) => fs.copy(`${checkout}/${name}`, `${copy}/${name}`))
  yield* fs.symlink(yield* fs.realPath(`${checkout}/node_modules`), `${copy}/node_modules`)
  const manifest = yield* decodeManifest(yield* fs.readFileString(`${copy}/package.json`))
  yield* fs.writeFileString(`${copy}/package.json`, JSON.stringify({ ...manifest, version }))
  yield* build(copy)
  const folder = `${copy}/packages`
  const dated = ["env", "SOURCE_DATE_EPOCH=1767225600", process.execPath] as const
  yield* must(...dated, `${copy}/scripts/package.ts`, ...options, "--output", folder)
  const made: BuiltRelease = {
    version,
    folder,
    deb: `patchctl-agent_${version}_amd64.deb`,
    rpm: `patchctl-agent-${version}-1.x86_64.rpm`,
    controlPlane: `${copy}/dist/bundle/patchctl-control-plane.mjs`,
    executable: `${copy}/dist/linux-x64/patchctl-agent`,
  }
  return made
})
