import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Layer from "effect/Layer"
import { Subprocess } from "../../../src/host/Subprocess.ts"
import { makeAs } from "../../../src/package-manager/apk/ApkPackageManager.ts"
import { apkPaths } from "../../../src/package-manager/apk/apkCommands.ts"
import type { Generation } from "../../../src/package-manager/apk/apkRepositories.ts"
import { ManagerWorld, type Scenario, type Traits, type World } from "../suite/ManagerWorld.ts"
import { from, stateOf, to } from "./alpineScenarios.ts"
import { FakeAlpine } from "./FakeAlpine.ts"

export const apkTraits: Traits = {
  security: "none",
  partialUpgrades: true,
  from,
  to,
  fix: to,
  removesOnRequest: true,
  repairs: true,
}

/** The backend at work on a host that is only played. */
export const managerOf = (host: FakeAlpine, isRoot = true) =>
  makeAs(isRoot).pipe(
    Effect.provideService(Subprocess, host.service),
    Effect.provideService(FileSystem.FileSystem, host.files.service),
  )

const tenDays = 10 * 24 * 60 * 60

/** The world of an apk that speaks as recorded. */
export const layerFakeAlpine = (generation: Generation) =>
  Layer.succeed(
    ManagerWorld,
    ManagerWorld.of({
      id: "apk",
      traits: apkTraits,
      inState: Effect.fnUntraced(function* (scenario: Scenario) {
        const now = yield* Clock.currentTimeMillis
        const state = stateOf(scenario)
        const host = new FakeAlpine(generation, state, now)
        const [next] = state.offered
        if (scenario === "stale index") host.setIndexAge(tenDays, now)
        if (scenario === "missing index") host.setIndexAge(undefined, now)
        if (scenario === "repository down") host.isServerDown = true
        if (scenario === "locked") host.lock(4711, now)
        if (scenario === "half-installed" && next !== undefined) host.interrupt(next, now)
        const world: World = {
          manager: yield* managerOf(host),
          installed: (name) => Effect.sync(() => host.version(name)),
          mend: Effect.sync(() => {
            host.isServerDown = false
            host.files.remove("/proc/locks")
            host.files.touch(apkPaths.lock, now)
          }),
        }
        return world
      }),
    }),
  )
