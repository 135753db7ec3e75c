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
      return yield* takeRepositoriesAway(box)
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
export const dnfWorld = (root: string) =>
  realWorld({ id: "dnf", traits, root, arrange, installed: rpmVersion, datedByManager: true })
