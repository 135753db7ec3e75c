import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import * as NodeServices from "@effect/platform-node/NodeServices"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Schema from "effect/Schema"
import { PackageInfoReport } from "../../src/domain/Command.ts"
import { LockHolder } from "../../src/domain/Host.ts"
import { InstalledPackage, PackageFault, PackageName } from "../../src/domain/Package.ts"
import { IndexState, PartialReason } from "../../src/domain/Scan.ts"
import { AvailableUpdate } from "../../src/domain/Update.ts"
import * as NodeSubprocess from "../../src/host/NodeSubprocess.ts"
import { layer } from "../../src/package-manager/apt/AptPackageManager.ts"
import { type ManagerError, PackageManager } from "../../src/package-manager/PackageManager.ts"

const orReason = <S extends Schema.Top>(schema: S) =>
  Schema.Union([schema, Schema.Struct({ failed: Schema.String, detail: Schema.String })])

const reasons = Schema.Array(PartialReason)

/** All that apt's package manager reads on this host, as the one line this program prints. */
export const AptReads = Schema.Struct({
  inventory: orReason(
    Schema.Struct({ packages: Schema.Array(InstalledPackage), faults: Schema.Array(PackageFault), reasons }),
  ),
  updates: orReason(
    Schema.Struct({ updates: Schema.Array(AvailableUpdate), indexes: Schema.Array(IndexState), reasons }),
  ),
  health: orReason(
    Schema.Struct({
      faults: Schema.Array(PackageFault),
      locks: Schema.Array(LockHolder),
      damage: Schema.optionalKey(Schema.String),
    }),
  ),
  described: orReason(PackageInfoReport),
})
export type AptReads = typeof AptReads.Type

const answered = <A>(read: Effect.Effect<A, ManagerError>) =>
  Effect.catchTag(read, "ManagerError", ({ reason, detail }) => Effect.succeed({ failed: reason, detail }))

const reads = Effect.fnUntraced(function* (names: ReadonlyArray<PackageName>) {
  const manager = yield* PackageManager
  return yield* Effect.all({
    inventory: answered(manager.inventory),
    updates: answered(manager.updates),
    health: answered(manager.health),
    described: answered(manager.describe(names)),
  })
})

// Arguments: the names to describe.
if (import.meta.main) {
  Schema.decodeEffect(Schema.Array(PackageName))(process.argv.slice(2)).pipe(
    Effect.flatMap(reads),
    Effect.flatMap(Schema.encodeEffect(Schema.fromJsonString(AptReads))),
    Effect.flatMap(Console.log),
    Effect.provide(layer.pipe(Layer.provide(NodeSubprocess.layer), Layer.provide(NodeServices.layer))),
    NodeRuntime.runMain,
  )
}
