import { assert, layer } from "@effect/vitest"
import * as NodeServices from "@effect/platform-node/NodeServices"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Schema from "effect/Schema"
import { agentVersion } from "../../../src/agentVersion.ts"
import { onHost } from "../lab/machine.ts"
import { bootHost, program } from "./bootHost.ts"
import { NixFlake } from "./NixFlake.ts"

const checkout = `${import.meta.dirname}/../../..`

const nixFiles = Effect.gen(function* () {
  const fs = yield* FileSystem.FileSystem
  const below = (folder: string) =>
    Effect.map(fs.readDirectory(`${checkout}/${folder}`, { recursive: true }), (names) =>
      names.filter((name) => name.endsWith(".nix")).map((name) => `${checkout}/${folder}/${name}`),
    )
  return [`${checkout}/flake.nix`, ...(yield* below("nix")), ...(yield* below("test/system/nix"))]
}).pipe(Effect.provide(NodeServices.layer))

const Lock = Schema.Struct({
  packages: Schema.Record(
    Schema.String,
    Schema.Struct({
      version: Schema.optionalKey(Schema.String),
      integrity: Schema.optionalKey(Schema.String),
    }),
  ),
})
const packageLock = Effect.flatMap(FileSystem.FileSystem, (fs) =>
  fs.readFileString(`${checkout}/package-lock.json`),
).pipe(
  Effect.flatMap(Schema.decodeUnknownEffect(Schema.fromJsonString(Lock))),
  Effect.provide(NodeServices.layer),
)

const Output = Schema.Struct({ type: Schema.String, name: Schema.optionalKey(Schema.String) })
const isOutput = Schema.is(Output)
const isFolder = Schema.is(Schema.Record(Schema.String, Schema.Unknown))

/** Where each output is, and its name. */
const outputs = (shown: unknown): ReadonlyArray<string> => {
  if (isOutput(shown)) return [shown.name ?? shown.type]
  if (!isFolder(shown)) return []
  return Object.entries(shown).flatMap(([name, below]) => outputs(below).map((line) => `${name} ${line}`))
}

layer(NixFlake.layer, { excludeTestServices: true, timeout: "3 minutes" })("the flake", (it) => {
  it.effect("has files that Nix can parse", () =>
    Effect.gen(function* () {
      const nix = yield* NixFlake
      const files = yield* nixFiles
      assert.isAbove(files.length, 12)
      const { exitCode, stderr } = yield* nix.run("nix-instantiate", "--parse", ...files)
      assert.strictEqual(exitCode, 0, stderr)
    }),
  )

  it.effect("is locked to a nixpkgs, in a lock that Nix takes as it is", () =>
    Effect.gen(function* () {
      const nix = yield* NixFlake
      const metadata = yield* nix.locked("flake", "metadata", "--json", "--no-update-lock-file")
      const Metadata = Schema.fromJsonString(Schema.Struct({ locks: Schema.Unknown }))
      const { locks } = yield* Schema.decodeEffect(Metadata)(metadata)
      const fs = yield* FileSystem.FileSystem
      const text = yield* fs.readFileString(`${checkout}/flake.lock`)
      assert.deepStrictEqual(locks, yield* Schema.decodeEffect(Schema.fromJsonString(Schema.Unknown))(text))
    }).pipe(Effect.provide(NodeServices.layer)),
  )

  it.effect("has a package, a module, an overlay, a shell, a formatter and checks", () =>
    Effect.gen(function* () {
      const nix = yield* NixFlake
      const shown = yield* Schema.decodeEffect(Schema.fromJsonString(Schema.Unknown))(yield* nix.show)
      const agent = `patchctl-agent-${agentVersion}`
      // Newer versions of Nix leave out what is for other processors.
      const here = outputs(shown).filter((line) => !line.includes("aarch64-linux"))
      assert.sameMembers(here, [
        "checks x86_64-linux module patchctl-units",
        `checks x86_64-linux package ${agent}`,
        "checks x86_64-linux vm vm-test-patchctl",
        "devShells x86_64-linux default shell",
        "formatter x86_64-linux nixfmt",
        "nixosModules default nixos-module",
        "overlays default nixpkgs-overlay",
        `packages x86_64-linux default ${agent}`,
      ])
    }),
  )

  it.effect("downloads npm packages by the checksums of package-lock.json, and no Node", () =>
    Effect.gen(function* () {
      const nix = yield* NixFlake
      const { packages } = yield* packageLock
      for (const [system, cpu] of [
        ["x86_64-linux", "x64"],
        ["aarch64-linux", "arm64"],
      ] as const) {
        const hashes = yield* nix.eval(
          Schema.Record(Schema.String, Schema.String),
          `packages.${system}.default.npmPackages`,
          "builtins.mapAttrs (_: tarball: tarball.outputHash)",
        )
        assert.isAbove(Object.keys(hashes).length, 50)
        for (const [path, hash] of Object.entries(hashes))
          assert.strictEqual(hash, packages[path]?.integrity, path)
        const ofOneProcessor = Object.keys(hashes).filter((path) => /linux|x64|arm64/.test(path))
        assert.deepStrictEqual(ofOneProcessor, [`node_modules/@esbuild/linux-${cpu}`])
      }
    }),
  )

  it.effect(
    "builds a program that runs under systemd on a machine of its own",
    () =>
      Effect.gen(function* () {
        const nix = yield* NixFlake
        yield* program
        const units = yield* nix.build("checks.x86_64-linux.module")
        yield* bootHost(units)
      }).pipe(Effect.scoped),
    300_000,
  )

  it.effect(
    "leaves the sandbox as tight as a package does, and no line that systemd does not understand",
    () =>
      Effect.gen(function* () {
        const nix = yield* NixFlake
        yield* program
        const units = yield* nix.build("checks.x86_64-linux.module")
        const services = ["patchctl.service", "patchctl-config.service", "patchctl-executor@1.service"]
        const names = [
          ...services,
          "patchctl-installer@1.service",
          "patchctl-executor.socket",
          "patchctl-installer.socket",
        ]
        const strictly = ["systemd-analyze", "verify", "--man=no", "--recursive-errors=yes", ...names]
        const verify = (folder: string) =>
          onHost(["env", `SYSTEMD_UNIT_PATH=${folder}:/usr/lib/systemd/system`, ...strictly])
        const { exitCode, stderr } = yield* verify(units)
        assert.deepStrictEqual({ exitCode, stderr }, { exitCode: 0, stderr: "" })
        const misspelt = `${nix.folder}/misspelt`
        const fs = yield* FileSystem.FileSystem
        yield* fs.makeDirectory(`${misspelt}/patchctl.service.d`, { recursive: true })
        yield* fs.writeFileString(
          `${misspelt}/patchctl.service.d/misspelt.conf`,
          "[Service]\nProtectSytem=yes\n",
        )
        assert.notStrictEqual((yield* verify(`${misspelt}:${units}`)).exitCode, 0)
        for (const [name, threshold] of [
          ["patchctl.service", 14],
          ["patchctl-executor@.service", 48],
          ["patchctl-installer@.service", 39],
        ] as const) {
          const security = ["systemd-analyze", "security", "--offline=true", "--no-pager"] as const
          const score = yield* onHost([...security, `--threshold=${threshold}`, `${units}/${name}`])
          assert.strictEqual(score.exitCode, 0, score.stdout.slice(-200))
        }
      }).pipe(Effect.provide(NodeServices.layer)),
    300_000,
  )
})
