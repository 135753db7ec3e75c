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
import { keepOnly, version } from "../lab/labState.ts"
import { boxManager } from "./boxManager.ts"

const traits: Traits = {
  security: "origin",
  partialUpgrades: true,
  from: "1.0-1",
  to: "1.1-1",
  fix: "1.0-1+sec1",
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

// struct flock of Linux on 64 bit: type, whence, start, length, pid
const holdLock =
  "open F, '>', '/var/lib/dpkg/lock-frontend' or die; $l = pack('s s x4 q q i x4', 1, 0, 0, 0, 0); fcntl(F, 6, $l) or die; $| = 1; print 'locked'; sleep"

const nothing = { mend: Effect.void }

/** Brings the box into the state; `mend` ends it again. */
const arrange = Effect.fnUntraced(function* (box: Box.Box, scenario: Scenario) {
  yield* keepOnly(box, kept[scenario])
  switch (scenario) {
    case "held":
      yield* box.run(["apt-mark", "hold", "lab-held"])
      return nothing
    case "locked": {
      const holder = yield* box.spawn(["perl", "-e", holdLock])
      yield* eventually("the lock is held", holder.stdout, (said) => said === "locked")
      return { mend: Effect.andThen(holder.signal("SIGKILL"), holder.exit) }
    }
    case "repository down":
      yield* box.run(["mv", "/srv/lab", "/srv/elsewhere"])
      return { mend: box.run(["mv", "/srv/elsewhere", "/srv/lab"]) }
    case "missing index":
      yield* box.run(["bash", "-c", "rm /var/lib/apt/lists/*Packages* /var/lib/apt/lists/*Release*"])
      return nothing
    case "half-installed":
      yield* box.spawn(["apt-get", "-y", "install", "--only-upgrade", "lab-hangpost"], {
        env: { DEBIAN_FRONTEND: "noninteractive" },
      })
      yield* eventually("the script runs", box.exists("/run/lab-hangpost.pid"), (exists) => exists)
      // The next configuration of it ends at once.
      yield* box.run(["bash", "-c", "kill -KILL -1"])
      yield* box.run(["rm", "-f", "/run/lab-hangpost.pid"])
      yield* box.run(["sed", "-i", "s/^exec sleep.*/exit 0/", "/var/lib/dpkg/info/lab-hangpost.postinst"])
      return nothing
    default:
      return nothing
  }
})

/** A real apt on its own throw-away machine for each state. */
export const aptWorld = (root: string): Layer.Layer<ManagerWorld> =>
  Layer.succeed(ManagerWorld, {
    id: "apt",
    traits,
    inState: Effect.fnUntraced(
      function* (scenario) {
        const box = yield* Box.make(root)
        const { mend } = yield* arrange(box, scenario)
        const { manager, daysAhead } = yield* boxManager(box, "apt")
        if (scenario === "stale index") yield* daysAhead(8)
        const world: World = {
          manager: {
            ...manager,
            // The lists are as old as their last change, which is now for whoever lives in the present again.
            refresh: (policy) =>
              Effect.tap(manager.refresh(policy), ({ refreshed }) =>
                refreshed ? daysAhead(0) : Effect.void,
              ),
          },
          installed: (name) =>
            Effect.mapError(version(box, name), (cause) => new WorldError({ what: name, cause })),
          mend: Effect.asVoid(
            Effect.mapError(mend, (cause) => new WorldError({ what: `mend ${scenario}`, cause })),
          ),
        }
        return world
      },
      Effect.mapError((cause) =>
        cause instanceof WorldError ? cause : new WorldError({ what: "apt", cause }),
      ),
    ),
  })
