import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Layer from "effect/Layer"
import { Subprocess } from "../../../src/host/Subprocess.ts"
import { makeAs } from "../../../src/package-manager/dnf/DnfPackageManager.ts"
import { ManagerWorld, type Scenario, type Traits, type World } from "../suite/ManagerWorld.ts"
import { FakeYum, type YumPackage } from "./FakeYum.ts"

const from = "1.0-1"
const to = "1.1-1"

const traits: Traits = {
  security: "advisory",
  partialUpgrades: true,
  from,
  to,
  fix: to,
  // yum has no `--allowerasing`.
  removesOnRequest: false,
  repairs: true,
}

const plain: YumPackage = { name: "lab-plain", version: to }

/** What is newer in the repository; each of them is installed at `from`. */
const pending: Record<Scenario, ReadonlyArray<YumPackage>> = {
  "nothing to do": [],
  "one update": [plain],
  "security only": [plain, { name: "lab-secfix", version: to, mends: "CVE-2099-0001" }],
  held: [plain, { name: "lab-held", version: to }],
  "removal needed": [plain, { name: "lab-conflict", version: to, conflicts: "lab-victim" }],
  "failing scriptlet": [
    { name: "innocent1", version: to },
    { name: "lab-failpost", version: to, isPostFailing: true },
  ],
  locked: [plain],
  "repository down": [plain],
  "stale index": [plain],
  "missing index": [plain],
  "half-installed": [plain, { name: "lab-hangpost", version: to }],
}

const tenDays = 10 * 24 * 60 * 60

const hostIn = (scenario: Scenario, now: number) => {
  const offered = pending[scenario]
  const installed = new Map<string, ReadonlyArray<string>>([
    ["lab-victim", [from]],
    ...offered.map(({ name }) => [name, [from]] as const),
  ])
  // rpm was killed in the script: the new version is recorded, and the old one still is.
  if (scenario === "half-installed") installed.set("lab-hangpost", [from, to])
  const host = new FakeYum({ installed, offered, held: scenario === "held" ? ["lab-held"] : [] }, now)
  if (scenario === "stale index") host.setIndexAge(tenDays, now)
  if (scenario === "missing index") host.setIndexAge(undefined, now)
  if (scenario === "repository down") host.isServerDown = true
  if (scenario === "locked") host.lock(4711, now)
  return host
}

/** The world of a yum 3 whose answers are made by hand after its source: see test/fixtures/dnf/ORIGIN.md. */
export const layerFakeYum = Layer.succeed(
  ManagerWorld,
  ManagerWorld.of({
    id: "dnf",
    traits,
    inState: Effect.fnUntraced(function* (scenario: Scenario) {
      const host = hostIn(scenario, yield* Clock.currentTimeMillis)
      const manager = yield* makeAs(true).pipe(
        Effect.provideService(Subprocess, host.service),
        Effect.provideService(FileSystem.FileSystem, host.files.service),
      )
      const world: World = {
        manager,
        installed: (name) => Effect.sync(() => host.version(name)),
        mend: Effect.sync(() => {
          host.isServerDown = false
          host.unlock()
        }),
      }
      return world
    }),
  }),
)
