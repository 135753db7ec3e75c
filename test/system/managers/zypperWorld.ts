import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import {
  ManagerWorld,
  type Scenario,
  type Traits,
  type World,
  WorldError,
} from "../../package-manager/suite/ManagerWorld.ts"
import { eventually } from "../../eventually.ts"
import * as Box from "../lab/Box.ts"
import { keepOnly, rpmVersion } from "../lab/rpmState.ts"
import { boxManager } from "./boxManager.ts"

const traits: Traits = {
  security: "advisory",
  partialUpgrades: true,
  from: "1.0-1",
  to: "1.1-1",
  fix: "1.1-1",
  removesOnRequest: true,
  repairs: true,
}

/** The packages of the lab that stay installed, and with them their pending updates. */
const kept: Record<Scenario, ReadonlyArray<string>> = {
  "nothing to do": [],
  "one update": ["lab-plain"],
  "security only": ["lab-plain", "lab-secfix"],
  held: ["lab-held", "lab-plain"],
  "removal needed": ["lab-conflict", "lab-victim", "lab-plain"],
  "failing scriptlet": ["lab-failpost", "innocent1"],
  locked: ["lab-plain"],
  "repository down": ["lab-plain"],
  "stale index": ["lab-plain"],
  "missing index": ["lab-plain"],
  "half-installed": ["lab-hangpost", "lab-plain"],
}

const nothingToMend = { mend: Effect.void }

const arrange = Effect.fnUntraced(function* (box: Box.Box, scenario: Scenario) {
  yield* keepOnly(box, kept[scenario])
  switch (scenario) {
    case "held":
      yield* box.run(["zypper", "addlock", "lab-held"])
      return nothingToMend
    case "locked": {
      // It waits for its next command, the lock in its hands.
      const holder = yield* box.spawn(["zypper", "--no-refresh", "shell"])
      yield* holder.write("search --installed-only lab-plain\n")
      yield* eventually("zypper has answered", holder.stdout, (said) => /lab-plain +\|/.test(said))
      return { mend: Effect.andThen(holder.signal("SIGKILL"), holder.exit) }
    }
    case "repository down":
      yield* box.run(["mv", "/srv/lab", "/srv/elsewhere"])
      return { mend: box.run(["mv", "/srv/elsewhere", "/srv/lab"]) }
    case "missing index":
      yield* box.run(["rm", "-r", "/var/cache/zypp/raw", "/var/cache/zypp/solv"])
      return nothingToMend
    case "half-installed":
      yield* box.spawn(["zypper", "--non-interactive", "--no-refresh", "install", "lab-hangpost"])
      yield* eventually("the script runs", box.exists("/run/lab-hangpost.pid"), (exists) => exists)
      yield* box.run(["bash", "-c", "kill -KILL -1"])
      return nothingToMend
    default:
      return nothingToMend
  }
})

/** A real zypper on its own throw-away machine for each state. */
export const zypperWorld = (root: string): Layer.Layer<ManagerWorld> =>
  Layer.succeed(ManagerWorld, {
    id: "zypper",
    traits,
    inState: Effect.fnUntraced(
      function* (scenario) {
        const box = yield* Box.make(root)
        const { mend } = yield* arrange(box, scenario)
        const { manager, daysAhead } = yield* boxManager(box, "zypper")
        if (scenario === "stale index") yield* daysAhead(8)
        const world: World = {
          manager: {
            ...manager,
            // An index is as old as its files, which are touched now for whoever lives in the present again.
            refresh: (policy) =>
              Effect.tap(manager.refresh(policy), ({ refreshed }) =>
                refreshed ? daysAhead(0) : Effect.void,
              ),
          },
          installed: (name) =>
            Effect.mapError(rpmVersion(box, name), (cause) => new WorldError({ what: name, cause })),
          mend: Effect.asVoid(
            Effect.mapError(mend, (cause) => new WorldError({ what: `mend ${scenario}`, cause })),
          ),
        }
        return world
      },
      Effect.mapError((cause) =>
        cause instanceof WorldError ? cause : new WorldError({ what: "zypper", cause }),
      ),
    ),
  })
