import * as Effect from "effect/Effect"
import type { Scenario, Traits } from "../../package-manager/suite/ManagerWorld.ts"
import { eventually } from "../../eventually.ts"
import type * as Box from "../lab/Box.ts"
import { keepOnly, version } from "../lab/labState.ts"
import { kept, nothingToMend, realWorld, takeRepositoriesAway } from "./realWorld.ts"

const traits: Traits = {
  security: "origin",
  partialUpgrades: true,
  from: "1.0-1",
  to: "1.1-1",
  fix: "1.0-1+sec1",
  removesOnRequest: true,
  repairs: true,
}

// struct flock of Linux on 64 bit: type, whence, start, length, pid
const holdLock =
  "open F, '>', '/var/lib/dpkg/lock-frontend' or die; $l = pack('s s x4 q q i x4', 1, 0, 0, 0, 0); fcntl(F, 6, $l) or die; $| = 1; print 'locked'; sleep"

/** Brings the box into the state; `mend` ends it again. */
const arrange = Effect.fnUntraced(function* (box: Box.Box, scenario: Scenario) {
  yield* keepOnly(box, kept[scenario])
  switch (scenario) {
    case "held":
      yield* box.run(["apt-mark", "hold", "lab-held"])
      return nothingToMend
    case "locked": {
      const holder = yield* box.spawn(["perl", "-e", holdLock])
      yield* eventually("the lock is held", holder.stdout, (said) => said === "locked")
      return { mend: Effect.andThen(holder.signal("SIGKILL"), holder.exit) }
    }
    case "repository down":
      return yield* takeRepositoriesAway(box)
    case "missing index":
      yield* box.run(["bash", "-c", "rm /var/lib/apt/lists/*Packages* /var/lib/apt/lists/*Release*"])
      return nothingToMend
    case "half-installed":
      yield* box.spawn(["apt-get", "-y", "install", "--only-upgrade", "lab-hangpost"], {
        env: { DEBIAN_FRONTEND: "noninteractive" },
      })
      yield* eventually("the script runs", box.exists("/run/lab-hangpost.pid"), (exists) => exists)
      // The next configuration of it ends at once.
      yield* box.run(["bash", "-c", "kill -KILL -1"])
      yield* box.run(["rm", "-f", "/run/lab-hangpost.pid"])
      yield* box.run(["sed", "-i", "s/^exec sleep.*/exit 0/", "/var/lib/dpkg/info/lab-hangpost.postinst"])
      return nothingToMend
    default:
      return nothingToMend
  }
})

/** A real apt on its own throw-away machine for each state. */
export const aptWorld = (root: string) =>
  realWorld({ id: "apt", traits, root, arrange, installed: version, datedByManager: true })
