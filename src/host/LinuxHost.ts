import * as Effect from "effect/Effect"
import type * as FileSystem from "effect/FileSystem"
import * as Layer from "effect/Layer"
import * as Ref from "effect/Ref"
import { readBootId } from "./bootId.ts"
import { collectFacts } from "./collectFacts.ts"
import { collectMetrics } from "./collectMetrics.ts"
import { collectReboot } from "./collectReboot.ts"
import { collectRestartNeeded } from "./collectRestartNeeded.ts"
import { Host } from "./Host.ts"
import { readMachineId } from "./machineId.ts"
import { sinceBoot } from "./procText.ts"
import { SystemCalls } from "./SystemCalls.ts"

export const layer = Layer.effect(
  Host,
  Effect.gen(function* () {
    const context = yield* Effect.context<FileSystem.FileSystem | SystemCalls>()
    const system = yield* SystemCalls
    const lastCpu = yield* Ref.make(sinceBoot)

    return Host.of({
      facts: Effect.provide(collectFacts, context),
      metrics: Effect.provide(collectMetrics(lastCpu), context),
      machineId: Effect.provide(readMachineId, context),
      reboot: Effect.fn("Host.reboot")((inventory) => Effect.provide(collectReboot(inventory), context)),
      restartNeeded: Effect.provide(collectRestartNeeded, context),
      bootId: Effect.provide(readBootId, context),
      processUsage: system.processUsage,
    })
  }),
)
