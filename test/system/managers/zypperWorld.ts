import * as Effect from "effect/Effect"
import type { Scenario, Traits } from "../../package-manager/suite/ManagerWorld.ts"
import { eventually } from "../../eventually.ts"
import type * as Box from "../lab/Box.ts"
import { keepOnly, rpmVersion } from "../lab/rpmState.ts"
import { kept, nothingToMend, realWorld, takeRepositoriesAway } from "./realWorld.ts"

const traits: Traits = {
  security: "advisory",
  partialUpgrades: true,
  from: "1.0-1",
  to: "1.1-1",
  fix: "1.1-1",
  removesOnRequest: true,
  repairs: true,
}

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
      return yield* takeRepositoriesAway(box)
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
export const zypperWorld = (root: string) =>
  realWorld({ id: "zypper", traits, root, arrange, installed: rpmVersion, datedByManager: true })
