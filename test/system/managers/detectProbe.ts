import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import * as NodeServices from "@effect/platform-node/NodeServices"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Schema from "effect/Schema"
import { ManagerState } from "../../../src/domain/Scan.ts"
import * as NodeSubprocess from "../../../src/host/NodeSubprocess.ts"
import * as HostPackageManagers from "../../../src/package-manager/HostPackageManagers.ts"
import { PackageManagers } from "../../../src/package-manager/PackageManagers.ts"

// Runs inside a box: prints which package managers the agent finds there.

export const Found = Schema.Array(ManagerState)

if (import.meta.main) {
  PackageManagers.use(({ detect }) => detect).pipe(
    Effect.map((found) => found.map(({ state }) => state)),
    Effect.flatMap(Schema.encodeEffect(Schema.fromJsonString(Found))),
    Effect.flatMap(Console.log),
    Effect.provide(
      HostPackageManagers.layer.pipe(Layer.provide(NodeSubprocess.layer), Layer.provide(NodeServices.layer)),
    ),
    NodeRuntime.runMain,
  )
}
