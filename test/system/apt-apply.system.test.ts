import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import {
  all,
  applied,
  automatic,
  leftOut,
  messageOf,
  outcomes,
  packages,
  planned,
  security,
} from "./askApt.ts"
import * as Box from "./lab/Box.ts"
import { eventually } from "../eventually.ts"
import { labRoots, status, statuses, version } from "./lab/labState.ts"

// The apt backend installs for real, in a throw-away machine.

const innocents = ["innocent1", "innocent2", "innocent3", "innocent4", "innocent5"]

describe.each(labRoots)("%s: installing", (root) => {
  it.live("one named package at its exact version, and nothing else; marks, progress and evidence", () =>
    Effect.gen(function* () {
      const box = yield* Box.make(root)
      const marks = yield* automatic(box)
      assert.include(marks, "lab-autodep")
      const { report, steps } = yield* applied(box, packages("lab-plain", "lab-autodep"))
      assert.deepStrictEqual(report.preflight, [])
      assert.deepStrictEqual(outcomes(report), { "lab-plain": "installed", "lab-autodep": "installed" })
      assert.strictEqual(yield* version(box, "lab-plain"), "1.1-1")
      assert.strictEqual(yield* version(box, "lab-both"), "1.0-1")
      assert.strictEqual(yield* automatic(box), marks)
      assert.includeMembers([...steps], ["unpack lab-plain", "configure lab-plain"])
      assert.deepStrictEqual(
        report.evidence.map(({ step, exitCode }) => ({ step, exitCode })),
        [{ step: "install 2 packages", exitCode: 0 }],
      )
    }),
  )

  it.live("security only, also the fix that a newer feature update hides", () =>
    Effect.gen(function* () {
      const box = yield* Box.make(root)
      const { report } = yield* applied(box, security)
      const done = outcomes(report)
      assert.deepStrictEqual(Object.keys(done).toSorted(), [
        "lab-both",
        "lab-cve",
        "lab-hidden",
        "lab-secfix",
        "linux-image-lab",
      ])
      assert.deepStrictEqual([...new Set(Object.values(done))], ["installed"])
      assert.strictEqual(yield* version(box, "lab-hidden"), "1.0-1+sec1")
      assert.strictEqual(yield* version(box, "lab-plain"), "1.0-1")
      assert.strictEqual(leftOut(report.plan)["lab-plain"], "not_security")
      assert.strictEqual(report.plan.rebootExpected, "yes")
    }),
  )

  it.live("all: what cannot be installed is left out with its reason, the rest is installed", () =>
    Effect.gen(function* () {
      const box = yield* Box.make(root)
      yield* box.run(["apt-mark", "hold", "lab-held"])
      yield* box.writeFile(
        "/etc/apt/preferences.d/lab",
        "Package: lab-pinned\nPin: version 1.1-1\nPin-Priority: -1\n",
      )
      const request = {
        ...all,
        exclude: ["lab-huge-*", "lab-fail*", "lab-hang*", "innocent5", "nonsuch*"],
      }
      const marks = yield* automatic(box)
      const { report } = yield* applied(box, request)
      assert.deepStrictEqual(report.preflight, [])
      const reasons = leftOut(report.plan)
      assert.strictEqual(reasons["lab-held"], "held")
      assert.strictEqual(reasons["lab-pinned"], "pinned")
      assert.strictEqual(reasons["lab-phased"], "phased")
      assert.strictEqual(reasons["lab-conflict"], "needs_removal")
      assert.strictEqual(reasons["lab-unsat"], "conflict")
      assert.strictEqual(reasons["innocent5"], "excluded_by_policy")
      assert.strictEqual(reasons["lab-hangpost"], "excluded_by_policy")
      assert.deepStrictEqual(report.plan.unmatchedExcludes, ["nonsuch*"])
      const done = outcomes(report)
      assert.deepStrictEqual([...new Set(Object.values(done))], ["installed"])
      assert.containsAllKeys(done, [
        "lab-plain",
        "lab-newdep",
        "lab-newdep-lib",
        "lab-daemon",
        "lab-conffile",
      ])
      assert.deepStrictEqual(yield* statuses(box, ["lab-victim", "lab-newdep-lib", "lab-daemon"]), [
        "ii",
        "ii",
        "ii",
      ])
      // what the administrator changed stays, and is named
      assert.strictEqual(yield* box.readFile("/etc/lab-conffile.conf"), "setting = changed by the admin\n")
      assert.deepStrictEqual(report.newConfigurationFiles, ["/etc/lab-conffile.conf.dpkg-dist"])
      // the new dependency is automatic, everything else as before
      const automaticNow = (yield* automatic(box)).split("\n").filter((name) => name !== "lab-newdep-lib")
      assert.deepStrictEqual(automaticNow, marks.split("\n"))
    }),
  )

  it.live("a failing preinst costs only its own package: innocent ones are configured", () =>
    Effect.gen(function* () {
      const box = yield* Box.make(root)
      const { report } = yield* applied(box, packages(...innocents, "lab-failpre"))
      const done = outcomes(report)
      for (const name of innocents) assert.strictEqual(done[name], "installed")
      assert.deepStrictEqual(yield* statuses(box, innocents), ["ii", "ii", "ii", "ii", "ii"])
      assert.strictEqual(done["lab-failpre"], "failed")
      assert.include(messageOf(report, "lab-failpre"), "exit status 3")
      assert.strictEqual(yield* version(box, "lab-failpre"), "1.0-1")
      assert.isTrue(report.evidence.some(({ output }) => output.includes("refusing to unpack")))
    }),
  )

  it.live("a failing postinst leaves its package half-configured and says so", () =>
    Effect.gen(function* () {
      const box = yield* Box.make(root)
      const { report } = yield* applied(box, packages("innocent1", "lab-failpost", "innocent2"))
      assert.deepStrictEqual(outcomes(report), {
        innocent1: "installed",
        innocent2: "installed",
        "lab-failpost": "half_configured",
      })
      assert.include(messageOf(report, "lab-failpost"), "exit status 4")

      // now the host has a fault, which the next plan names and repair does not hide
      const next = yield* planned(box, packages("innocent3"))
      assert.deepStrictEqual(
        next.preflight.map(({ code }) => code),
        ["half_configured"],
      )
      assert.include(next.preflight[0]?.detail ?? "", "lab-failpost")
      const mended = yield* applied(box, { ...packages("innocent3"), repair: true })
      assert.strictEqual(outcomes(mended.report)["innocent3"], "installed")
      assert.strictEqual(yield* status(box, "lab-failpost"), "iF")
    }),
  )

  it.live("repair ends an interrupted dpkg and installs what is asked for", () =>
    Effect.gen(function* () {
      const box = yield* Box.make(root)
      const apt = yield* box.spawn([
        "apt-get",
        "-y",
        "-o",
        "Dpkg::Use-Pty=0",
        "install",
        "innocent1",
        "lab-hangpost",
      ])
      yield* eventually(
        "the postinst hangs",
        box.exists("/run/lab-hangpost.pid"),
        (there) => there,
        "60 seconds",
      )
      yield* box.run(["bash", "-c", 'kill -KILL -- -"$0"', String(yield* apt.pid)])
      yield* apt.exit
      yield* box.writeFile("/var/lib/dpkg/info/lab-hangpost.postinst", "#!/bin/sh\nexit 0\n", "755")
      const { preflight } = yield* planned(box, packages("innocent2"))
      assert.includeMembers(
        preflight.map(({ code }) => code),
        ["half_configured", "interrupted_transaction"],
      )
      const { report } = yield* applied(box, { ...packages("innocent2"), repair: true })
      assert.deepStrictEqual(outcomes(report), { innocent2: "installed" })
      assert.strictEqual(yield* status(box, "lab-hangpost"), "ii")
    }),
  )

  it.live("names who holds dpkg's lock, and waits for it", () =>
    Effect.gen(function* () {
      const box = yield* Box.make(root)
      // struct flock of Linux on 64 bit: type, whence, start, length, pid
      const lock =
        "open F, '>', '/var/lib/dpkg/lock-frontend' or die; $l = pack('s s x4 q q i x4', 1, 0, 0, 0, 0); fcntl(F, 6, $l) or die; $| = 1; print 'locked'; sleep"
      const holder = yield* box.spawn(["perl", "-e", lock])
      yield* eventually("the lock is held", holder.stdout, (said) => said === "locked")
      const { preflight } = yield* planned(box, packages("lab-plain"))
      assert.deepStrictEqual(
        preflight.map(({ code, holder: who }) => [code, who?.program, who?.pid, who?.lock]),
        [["locked", "perl", yield* holder.pid, "/var/lib/dpkg/lock-frontend"]],
      )
      const release = eventually(
        "apt waits",
        box.run(["bash", "-c", "cat /proc/[0-9]*/cmdline | tr '\\0' ' '"]),
        ({ stdout }) => stdout.includes("DPkg::Lock::Timeout"),
        "60 seconds",
      ).pipe(Effect.andThen(holder.signal("SIGKILL")))
      const [{ report }] = yield* Effect.all([applied(box, packages("lab-plain")), release], {
        concurrency: "unbounded",
      })
      assert.deepStrictEqual(outcomes(report), { "lab-plain": "installed" })
    }),
  )

  it.live("isolates the one archive that cannot be downloaded", () =>
    Effect.gen(function* () {
      const box = yield* Box.make(root)
      yield* box.run(["rm", "/srv/lab/pool/updates/innocent3_1.1-1.deb"])
      const { report } = yield* applied(box, packages(...innocents))
      const done = outcomes(report)
      assert.deepStrictEqual(done, {
        innocent1: "installed",
        innocent2: "installed",
        innocent3: "failed",
        innocent4: "installed",
        innocent5: "installed",
      })
      assert.include(messageOf(report, "innocent3"), "cannot be downloaded")
    }),
  )
})

describe("bookworm-real: Debian's own updates", () => {
  it.live("security is installed, and then nothing of it is pending", () =>
    Effect.gen(function* () {
      const box = yield* Box.make("bookworm-real")
      const before = yield* planned(box, security)
      assert.isAbove(before.plan.installs.length, 0)
      for (const { origins, role } of before.plan.installs) {
        if (role === "requested") assert.isTrue(origins.some(({ label }) => label === "Debian-Security"))
      }
      const marks = yield* automatic(box)
      const { report } = yield* applied(box, security)
      assert.deepStrictEqual([...new Set(Object.values(outcomes(report)))], ["installed"])
      assert.strictEqual(report.plan.digest, before.plan.digest)
      assert.strictEqual(yield* automatic(box), marks)
      assert.deepStrictEqual((yield* planned(box, security)).plan.installs, [])
    }),
  )
})
