import * as NodeFileSystem from "@effect/platform-node/NodeFileSystem"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Layer from "effect/Layer"
import * as Schema from "effect/Schema"
import * as Command from "effect/cli/Command"
import { selftest, SelftestReport } from "../../src/cli/selftest.ts"
import { Environment } from "../../src/config/Environment.ts"
import type { SelfCheck } from "../../src/domain/SelfCheck.ts"
import type { Host } from "../../src/host/Host.ts"
import { PackageManager } from "../../src/package-manager/PackageManager.ts"
import { PackageManagers } from "../../src/package-manager/PackageManagers.ts"
import { agentMigrations } from "../../src/store/agentSchema.ts"
import { Database } from "../../src/store/Database.ts"
import { Ledger } from "../../src/store/Ledger.ts"
import { ledgerMigrations } from "../../src/store/ledgerSchema.ts"
import { Trust } from "../../src/store/Trust.ts"
import { ServerProbe } from "../../src/transport/ServerProbe.ts"
import * as FakeHost from "../fakes/FakeHost.ts"
import { runVerb } from "./runVerb.ts"

export const key = "pk_live_0123456789abcdef"
const user = process.getuid?.() ?? 0
export const decodeReport = Schema.decodeUnknownEffect(Schema.fromJsonString(SelftestReport))

export const reached: ReadonlyArray<SelfCheck> = [
  { name: "dns", outcome: "ok", detail: "api.example.org is 192.0.2.1" },
  { name: "tls", outcome: "ok", detail: "TLS 1.3" },
  { name: "clock", outcome: "ok", detail: "agrees" },
]

const server = Layer.succeed(ServerProbe, {
  connection: () => Effect.succeed(reached),
  license: () => Effect.void,
})

/** One apt whose health is as given. */
export const managers = (health: PackageManager["Service"]["health"], patchable = true) =>
  Effect.gen(function* () {
    const manager = yield* PackageManager
    return Layer.mock(PackageManagers)({
      detect: Effect.succeed([{ state: { id: "apt", version: "2.6.1", patchable }, manager }]),
    })
  }).pipe(Effect.provide(Layer.mock(PackageManager)({ health })), Layer.unwrap)

const soundManagers = managers(Effect.succeed({ faults: [], locks: [], indexes: [] }))

const fakes = Layer.mergeAll(
  FakeHost.layer,
  Layer.succeed(Environment, { userId: user, variables: {} }),
  NodeFileSystem.layer,
)

/** An executor's ledger with some lines in its audit log. */
const audited = (directory: string) =>
  Effect.gen(function* () {
    const ledger = yield* Ledger
    for (const name of ["one", "two", "three"]) {
      yield* ledger.audit({ id: name, name: "unknown", issuer: "", event: "refused", outcome: "forged" })
    }
  }).pipe(
    Effect.provide(
      Ledger.layer.pipe(
        Layer.provide(Database.layer(`${directory}-executor/executor.sqlite`, ledgerMigrations)),
        Layer.provide(Layer.mock(Trust, { anchor: Effect.succeedNone })),
      ),
    ),
  )

interface Installation {
  readonly config?: string
  readonly probe?: Layer.Layer<ServerProbe>
  readonly packageManagers?: Layer.Layer<PackageManagers>
  readonly host?: Layer.Layer<Host>
  readonly prepare?: (directory: string) => Effect.Effect<void, unknown, FileSystem.FileSystem>
}

/** An agent that has run before, in a directory of its own. */
export const installed = Effect.fnUntraced(function* (
  installation: Installation,
  args: ReadonlyArray<string> = [],
) {
  const files = yield* FileSystem.FileSystem
  const directory = `${yield* files.makeTempDirectoryScoped()}/patchctl`
  yield* files.makeDirectory(directory, { mode: 0o755 })
  yield* files.makeDirectory(`${directory}-executor`, { mode: 0o755 })
  const path = `${directory}/config.json`
  const config = installation.config ?? `{"license_key": "${key}", "state_directory": "${directory}"}`
  yield* files.writeFileString(path, config, { mode: 0o600 })
  yield* Effect.void.pipe(Effect.provide(Database.layer(`${directory}/agent.sqlite`, agentMigrations)))
  yield* audited(directory)
  yield* installation.prepare?.(directory) ?? Effect.void
  const verb = selftest.pipe(
    Command.provide(
      Layer.mergeAll(
        fakes,
        installation.probe ?? server,
        installation.packageManagers ?? soundManagers,
        installation.host ?? FakeHost.layer,
      ),
    ),
  )
  return yield* runVerb(verb, ["selftest", "--config", path, ...args])
}, Effect.provide(NodeFileSystem.layer))

/** The results by name, from the JSON document. */
export const checksOf = Effect.fnUntraced(function* (installation: Installation) {
  const result = yield* installed(installation, ["--json"])
  const { checks } = yield* decodeReport(result.stdout)
  return {
    exitCode: result.exitCode,
    named: (name: SelfCheck["name"]) => checks.filter((check) => check.name === name),
  }
})
