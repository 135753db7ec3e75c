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
import { enableExtra, keepOnly, version } from "../lab/pacmanState.ts"
import { boxManager } from "./boxManager.ts"

const traits: Traits = {
  security: "none",
  partialUpgrades: false,
  from: "1.0-1",
  to: "1.1-1",
  fix: "1.1-1",
  removesOnRequest: true,
  repairs: false,
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
      yield* box.run(["mv", "/srv/lab", "/srv/elsewhere"])
      return { mend: box.run(["mv", "/srv/elsewhere", "/srv/lab"]) }
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
export const pacmanWorld = (root: string): Layer.Layer<ManagerWorld> =>
  Layer.succeed(ManagerWorld, {
    id: "pacman",
    traits,
    inState: Effect.fnUntraced(
      function* (scenario) {
        const box = yield* Box.make(root)
        const { mend } = yield* arrange(box, scenario)
        const { manager, daysAhead } = yield* boxManager(box, "pacman")
        if (scenario === "stale index") yield* daysAhead(8)
        const world: World = {
          manager,
          installed: (name) =>
            Effect.mapError(version(box, name), (cause) => new WorldError({ what: name, cause })),
          mend: Effect.asVoid(
            Effect.mapError(mend, (cause) => new WorldError({ what: `mend ${scenario}`, cause })),
          ),
        }
        return world
      },
      Effect.mapError((cause) =>
        cause instanceof WorldError ? cause : new WorldError({ what: "pacman", cause }),
      ),
    ),
  })
