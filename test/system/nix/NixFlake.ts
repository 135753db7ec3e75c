import * as NodeServices from "@effect/platform-node/NodeServices"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Layer from "effect/Layer"
import * as Schema from "effect/Schema"
import { BoxError } from "../lab/hostProcess.ts"
import { onHost, type Result } from "../lab/machine.ts"

// The flake of this checkout against a stand-in for nixpkgs, with a store of its own, without network.

const checkout = `${import.meta.dirname}/../../..`

/** What git would hand to Nix of the checkout, as far as the flake looks at it. */
const inputs = [
  "flake.nix",
  "flake.lock",
  "nix",
  "package.json",
  "package-lock.json",
  "packaging",
  "scripts",
  "src",
  "tsconfig.base.json",
  "tsconfig.json",
]

/** Beside the store, and not below /tmp, which units with PrivateTmp= have to themselves. */
const folderParent = "/opt"

const settings = `experimental-features = nix-command flakes
sandbox = false
substituters =
build-users-group =
flake-registry =
warn-dirty = false`

/** What `host/flake.nix` says of one of its hosts. */
const Host = Schema.Struct({
  failed: Schema.Array(Schema.String),
  units: Schema.Record(Schema.String, Schema.String),
  files: Schema.Record(Schema.String, Schema.Struct({ mode: Schema.String, source: Schema.String })),
  tmpfiles: Schema.Array(Schema.String),
  user: Schema.NullOr(
    Schema.Struct({
      isSystemUser: Schema.Boolean,
      group: Schema.String,
      home: Schema.String,
      description: Schema.String,
    }),
  ),
  packages: Schema.Array(Schema.String),
  settings: Schema.Record(Schema.String, Schema.Unknown),
  program: Schema.String,
})

const Built = Schema.Tuple([Schema.Struct({ outputs: Schema.Struct({ out: Schema.String }) })])

const decode = <S extends Schema.Decoder<unknown>>(schema: S, text: string) =>
  Schema.decodeEffect(Schema.fromJsonString(schema))(text)

const make = Effect.gen(function* () {
  const fs = yield* FileSystem.FileSystem
  const folder = yield* fs.makeTempDirectory({ directory: folderParent, prefix: "patchctl-nix-" })
  // The store has made all of its files read-only, which `rm` as root does not mind.
  yield* Effect.addFinalizer(() => Effect.ignore(onHost(["rm", "-rf", folder])))
  yield* fs.chmod(folder, 0o755)
  yield* fs.makeDirectory(`${folder}/source`)
  yield* fs.makeDirectory(`${folder}/tarballs`)
  yield* Effect.forEach(inputs, (name) => fs.copy(`${checkout}/${name}`, `${folder}/source/${name}`))
  yield* fs.copyFile(yield* fs.realPath(process.execPath), `${folder}/node`)
  yield* fs.chmod(`${folder}/node`, 0o755)

  const environment = {
    HOME: `${folder}/home`,
    NIX_CONFIG: settings,
    NIX_CONF_DIR: `${folder}/etc`,
    NIX_LOG_DIR: `${folder}/log`,
    NIX_REMOTE: "local",
    NIX_STATE_DIR: `${folder}/state`,
    NIX_STORE_DIR: `${folder}/store`,
    PATCHCTL_NODE: `${folder}/node`,
    PATCHCTL_TARBALLS: `${folder}/tarballs`,
  }
  const variables = Object.entries(environment).map(([name, value]) => `${name}=${value}`)
  const run = (...argv: ReadonlyArray<string>) => onHost(["env", ...variables, ...argv])
  const must = (...argv: ReadonlyArray<string>) =>
    Effect.flatMap(run(...argv), ({ exitCode, stdout, stderr }) =>
      exitCode === 0
        ? Effect.succeed(stdout)
        : Effect.fail(new BoxError({ what: `${argv.join(" ")}: ${stderr.slice(-4000)}` })),
    )

  const source = `path:${folder}/source`
  const standIn = [
    "--no-write-lock-file",
    "--override-input",
    "nixpkgs",
    `path:${import.meta.dirname}/nixpkgs`,
  ]
  const hosts = `path:${import.meta.dirname}/host#hosts`
  const evaluateHost = (name: string) =>
    run("nix", "eval", "--json", ...standIn, "--override-input", "patchctl", source, `${hosts}.${name}`)

  return {
    folder,
    run,
    /** A verb of `nix` on the flake as it is, without the stand-in. */
    locked: (...verb: ReadonlyArray<string>) => must("nix", ...verb, source),
    show: must("nix", "flake", "show", "--json", ...standIn, source),
    eval: <S extends Schema.Decoder<unknown>>(schema: S, output: string, apply: string) =>
      must("nix", "eval", "--json", ...standIn, `${source}#${output}`, "--apply", apply).pipe(
        Effect.flatMap((text) => decode(schema, text)),
      ),
    /** Builds an output with the programs of this machine; answers the path in the store. */
    build: (output: string) =>
      must("nix", "build", "--impure", "--json", "--no-link", ...standIn, `${source}#${output}`).pipe(
        Effect.flatMap((text) => decode(Built, text)),
        Effect.map(([{ outputs }]) => outputs.out),
      ),
    /** What becomes of a host of `host/flake.nix`. */
    host: Effect.fnUntraced(function* (name: string) {
      const { exitCode, stdout, stderr } = yield* evaluateHost(name)
      if (exitCode !== 0) return yield* new BoxError({ what: `${name}: ${stderr.slice(-4000)}` })
      return yield* decode(Host, stdout)
    }),
    /** Why a host does not evaluate. */
    refusal: (name: string) =>
      Effect.map(evaluateHost(name), ({ exitCode, stderr }: Result) =>
        exitCode === 0 ? "accepted" : (/^error: .*/m.exec(stderr)?.[0] ?? stderr),
      ),
  }
}).pipe(Effect.provide(NodeServices.layer))

export class NixFlake extends Context.Service<NixFlake, Effect.Success<typeof make>>()(
  "patchctl/test/system/nix/NixFlake",
) {
  static readonly layer = Layer.effect(NixFlake, make)
}
