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
import { BoxError } from "../lab/hostProcess.ts"
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

/** The versions of a package by rpm, as it writes them when there is no epoch; "" when it is not installed. */
export const rpmVersion = (box: Box.Box, name: string) =>
  Effect.map(box.run(["rpm", "-q", "--qf", "%{EPOCHNUM}:%{VERSION}-%{RELEASE}\n", name]), (answer) =>
    answer.exitCode === 0 ? answer.stdout.replaceAll(/^0:/gm, "").trim() : "",
  )

/** Takes every other package of the lab off the rpm database, so that "everything pending" is what a test is about. */
export const keepOnly = Effect.fnUntraced(function* (box: Box.Box, names: ReadonlyArray<string>) {
  const { stdout } = yield* box.run(["rpm", "-qa", "--qf", "%{NAME}-%{VERSION}-%{RELEASE} %{NAME}\n"])
  const others = stdout
    .split("\n")
    .map((line) => line.split(" "))
    .filter(([, name = ""]) => /^(?:lab-|innocent|kernel)/.test(name) && name !== "lab-release")
    .flatMap(([package_ = "", name = ""]) => (names.includes(name) ? [] : [package_]))
  const erased = yield* box.run(["rpm", "-e", "--nodeps", "--noscripts", ...others])
  if (erased.exitCode !== 0) return yield* new BoxError({ what: `cannot erase: ${erased.stderr}` })
})

/** The program that a root has. */
export const dnfOf = (box: Box.Box) =>
  Effect.map(box.exists("/usr/bin/dnf5"), (isFive) => (isFive ? "dnf5" : "dnf"))

/** Holds a lock as rpm and dnf5 do. struct flock of Linux on 64 bit: type, whence, start, length, pid. */
export const holdLock = Effect.fnUntraced(function* (box: Box.Box, file: string) {
  const program = `open F, '>>', '${file}' or die; $l = pack('s s x4 q q i x4', 1, 0, 0, 0, 0); fcntl(F, 6, $l) or die; $| = 1; print 'locked'; sleep`
  const holder = yield* box.spawn(["perl", "-e", program])
  yield* eventually("the lock is held", holder.stdout, (said) => said === "locked")
  return holder
})

/** From now on lab-hangpost's %post ends at once. Debian 11 has its programs in /bin. */
export const endSleep = (box: Box.Box) =>
  box.run([
    "bash",
    "-c",
    "rm -f /run/lab-hangpost.pid; for file in /bin/sleep /usr/bin/sleep; do rm -f $file; printf '#!/bin/sh\\n' >$file; chmod 755 $file; done",
  ])

/** Kills an upgrade of lab-hangpost, script and all. */
const interruptUpgrade = Effect.fnUntraced(function* (box: Box.Box) {
  yield* box.spawn([yield* dnfOf(box), "-y", "upgrade", "lab-hangpost"])
  yield* eventually("the script runs", box.exists("/run/lab-hangpost.pid"), (exists) => exists, "60 seconds")
  yield* box.run(["bash", "-c", "kill -KILL -1"])
  yield* endSleep(box)
})

const nothingToMend = { mend: Effect.void }

/** Brings the host into the state; `mend` ends what stands in the way then. */
const arrange = Effect.fnUntraced(function* (box: Box.Box, scenario: Scenario) {
  yield* keepOnly(box, kept[scenario])
  switch (scenario) {
    case "held": {
      const lock = yield* box.run([yield* dnfOf(box), "versionlock", "add", "lab-held"])
      // Debian 11 has no plugins
      if (lock.exitCode !== 0) yield* box.run(["bash", "-c", "echo excludepkgs=lab-held >>/etc/dnf/dnf.conf"])
      return nothingToMend
    }
    case "locked": {
      const holder = yield* holdLock(box, "/var/lib/rpm/.rpm.lock")
      return { mend: Effect.asVoid(Effect.andThen(holder.signal("SIGKILL"), holder.exit)) }
    }
    case "repository down":
      yield* box.run(["mv", "/srv/lab", "/srv/elsewhere"])
      return { mend: Effect.asVoid(box.run(["mv", "/srv/elsewhere", "/srv/lab"])) }
    case "missing index":
      yield* box.run(["bash", "-c", "rm -rf /var/cache/dnf/* /var/cache/libdnf5/*"])
      return nothingToMend
    case "half-installed":
      yield* interruptUpgrade(box)
      return nothingToMend
    default:
      return nothingToMend
  }
})

/** A real dnf on its own throw-away machine for each state. */
export const dnfWorld = (root: string): Layer.Layer<ManagerWorld> =>
  Layer.succeed(ManagerWorld, {
    id: "dnf",
    traits,
    inState: Effect.fnUntraced(
      function* (scenario) {
        const box = yield* Box.make(root)
        const { mend } = yield* arrange(box, scenario)
        const { manager, daysAhead } = yield* boxManager(box, "dnf")
        if (scenario === "stale index") yield* daysAhead(8)
        const world: World = {
          manager: {
            ...manager,
            // Metadata is as old as dnf's last look at it, which is now for whoever lives in the present again.
            refresh: (policy) =>
              Effect.tap(manager.refresh(policy), ({ refreshed }) =>
                refreshed ? daysAhead(0) : Effect.void,
              ),
          },
          installed: (name) =>
            Effect.mapError(rpmVersion(box, name), (cause) => new WorldError({ what: name, cause })),
          mend: Effect.mapError(mend, (cause) => new WorldError({ what: `mend ${scenario}`, cause })),
        }
        return world
      },
      Effect.mapError((cause) =>
        cause instanceof WorldError ? cause : new WorldError({ what: "dnf", cause }),
      ),
    ),
  })
