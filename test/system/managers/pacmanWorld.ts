import * as Effect from "effect/Effect"
import type { Scenario, Traits } from "../../package-manager/suite/ManagerWorld.ts"
import { eventually } from "../../eventually.ts"
import type * as Box from "../lab/Box.ts"
import { enableExtra, keepOnly, version } from "../lab/pacmanState.ts"
import { kept, nothingToMend, realWorld, takeRepositoriesAway } from "./realWorld.ts"

const traits: Traits = {
  security: "none",
  partialUpgrades: false,
  from: "1.0-1",
  to: "1.1-1",
  fix: "1.1-1",
  removesOnRequest: true,
  repairs: false,
}

/** Brings the box into the state; `mend` ends it. */
const arrange = Effect.fnUntraced(function* (box: Box.Box, scenario: Scenario) {
  yield* enableExtra(box)
  yield* keepOnly(box, kept[scenario])
  switch (scenario) {
    case "held":
      yield* box.run(["sed", "-i", "/^Architecture/a IgnorePkg = lab-h?ld", "/etc/pacman.conf"])
      return nothingToMend
    case "locked": {
      const hold = "open F, '>', '/var/lib/pacman/db.lck' or die; $| = 1; print 'locked'; sleep"
      const holder = yield* box.spawn(["perl", "-e", hold])
      yield* eventually("the lock is held", holder.stdout, (said) => said === "locked")
      const release = box.run(["rm", "/var/lib/pacman/db.lck"])
      return { mend: holder.signal("SIGKILL").pipe(Effect.andThen(holder.exit), Effect.andThen(release)) }
    }
    case "repository down":
      return yield* takeRepositoriesAway(box)
    case "missing index":
      yield* box.run(["bash", "-c", "rm /var/lib/pacman/sync/*"])
      return nothingToMend
    case "half-installed":
      yield* box.spawn(["pacman", "-Su", "--noconfirm"])
      yield* eventually("the script runs", box.exists("/run/lab-hangpost.pid"), (exists) => exists)
      yield* box.run(["bash", "-c", "kill -KILL -1"])
      return nothingToMend
    default:
      return nothingToMend
  }
})

/** A real pacman on its own throw-away machine for each state. */
export const pacmanWorld = (root: string) =>
  realWorld({ id: "pacman", traits, root, arrange, installed: version, datedByManager: false })
