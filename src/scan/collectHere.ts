import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { PackageManagers } from "../package-manager/PackageManagers.ts"
import { Collector } from "./Collector.ts"
import { examineManager } from "./examineManager.ts"

/** Asks each package manager in turn, as the user this process runs as. */
export const layer: Layer.Layer<Collector, never, PackageManagers> = Layer.effect(
  Collector,
  Effect.gen(function* () {
    const managers = yield* PackageManagers
    return Collector.of({
      collect: Effect.fn("collectHere")(function* (refresh) {
        const detected = yield* managers.detect
        return {
          managers: yield* Effect.forEach(detected, (manager) => examineManager(manager, refresh)),
          reasons: [],
        }
      }),
    })
  }),
)
