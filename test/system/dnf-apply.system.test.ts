import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { leftOut, outcomes } from "../package-manager/suite/questions.ts"
import {
  decodeRequest,
  evidenceOf,
  exitCodes,
  generations,
  machine,
  messageOf,
  named,
  packages,
  roots,
  waitFor,
} from "./dnfMachine.ts"
import { eventually } from "../eventually.ts"
import * as Box from "./lab/Box.ts"
import { keepOnly, rpmVersion } from "./lab/rpmState.ts"
import { dnfOf, endSleep } from "./managers/dnfWorld.ts"

// The dnf backend installs for real, in a throw-away machine.

describe.each(roots)("%s: installing", (root) => {
  const isFive = root.endsWith("-dnf5")

  it.live("exactly the versions asked for, and nothing else; progress and evidence", () =>
    Effect.gen(function* () {
      const { box, applied } = yield* machine(root)
      const { plan, report, steps } = yield* applied(
        packages({
          "lab-epoch": "1:1.1-1",
          // the fix, which a newer version hides
          "lab-hidden": "1.1-1",
          // from noarch to a machine's architecture
          "lab-archchange": "1.1-1",
          "lab-newdep": "1.1-1",
          kernel: "6.1.3-1",
        }),
      )
      assert.deepStrictEqual(leftOut(plan), {})
      assert.deepStrictEqual(
        Object.fromEntries(plan.installs.map(({ name, role }): [string, string] => [name, role])),
        {
          "lab-epoch": "requested",
          "lab-hidden": "requested",
          "lab-archchange": "requested",
          "lab-newdep": "requested",
          "lab-newdep-lib": "dependency",
          kernel: "requested",
          "kernel-core": "dependency",
        },
      )
      assert.strictEqual(plan.rebootExpected, "yes")
      assert.isAbove(plan.downloadBytes, 7 * 5000)
      assert.isDefined(plan.installedSizeChangeBytes)
      assert.deepStrictEqual([...new Set(Object.values(outcomes(report)))], ["installed"])
      assert.strictEqual(yield* rpmVersion(box, "lab-epoch"), "1:1.1-1")
      assert.strictEqual(yield* rpmVersion(box, "lab-hidden"), "1.1-1")
      assert.strictEqual(yield* rpmVersion(box, "lab-plain"), "1.0-1")
      // a kernel comes beside the others
      assert.strictEqual(yield* rpmVersion(box, "kernel"), "6.1.1-1\n6.1.2-1\n6.1.3-1")
      assert.includeMembers(steps, ["install lab-epoch", "remove lab-epoch", "install kernel-core"])
      assert.deepStrictEqual(exitCodes(report), [0])
    }).pipe(Effect.scoped),
  )

  it.live("all: what cannot be installed is left out with its reason, the rest is installed", () =>
    Effect.gen(function* () {
      const { box, applied, manager } = yield* machine(root)
      const { plan, report } = yield* applied(
        decodeRequest({
          selection: { kind: "all" },
          exclude: ["lab-fail*", "lab-hang*", "innocent5", "nonsuch*", ...(isFive ? ["lab-daemon"] : [])],
        }),
      )
      const reasons = leftOut(plan)
      assert.deepStrictEqual(reasons, {
        "lab-conflict": "needs_removal",
        "lab-unsat": "conflict",
        "lab-failpost": "excluded_by_policy",
        "lab-failpre": "excluded_by_policy",
        "lab-hangpost": "excluded_by_policy",
        innocent5: "excluded_by_policy",
        // dnf5 itself waits for as long as the background child of its script holds a pipe
        ...(isFive ? { "lab-daemon": "excluded_by_policy" } : {}),
      })
      assert.deepStrictEqual(plan.unmatchedExcludes, ["nonsuch*"])
      // lab-new obsoletes lab-old: an upgrade like any other, and no removal that has to be allowed
      assert.deepStrictEqual(
        plan.removals.map(({ name }): string => name),
        ["lab-old"],
      )
      assert.strictEqual(plan.installs.find(({ name }) => name === "lab-new")?.role, "requested")
      const done = outcomes(report)
      assert.strictEqual(done["lab-old"], "removed")
      assert.deepStrictEqual(
        [...new Set(Object.entries(done).map(([name, what]) => (name === "lab-old" ? "installed" : what)))],
        ["installed"],
      )
      assert.containsAllKeys(done, ["lab-plain", "lab-newdep-lib", "lab-huge", "kernel-core"])
      // what the administrator changed stays, and is named
      assert.strictEqual(yield* box.readFile("/etc/lab-conffile.conf"), "setting = changed by the admin\n")
      assert.deepStrictEqual(report.newConfigurationFiles, ["/etc/lab-conffile.conf.rpmnew"])
      if (!isFive) {
        // the background child that lab-daemon leaves behind is alive, and did not keep us waiting
        const child = yield* box.run(["bash", "-c", "kill -0 $(cat /run/lab-daemon.pid)"])
        assert.strictEqual(child.exitCode, 0, child.stderr)
      }
      const rest = (yield* manager.updates).updates.map(({ name }): string => name)
      assert.sameMembers(rest, Object.keys(reasons))
    }).pipe(Effect.scoped),
  )

  it.live("failing scripts cost only their own package, whatever the exit code says", () =>
    Effect.gen(function* () {
      const { box, applied } = yield* machine(root)
      const { report } = yield* applied(named("innocent1", "lab-failpost", "innocent2"))
      assert.deepStrictEqual(outcomes(report), {
        innocent1: "installed",
        innocent2: "installed",
        "lab-failpost": "half_configured",
      })
      assert.include(messageOf(report, "lab-failpost"), "%post script failed: exit status 4")
      assert.include(evidenceOf(report), "cannot be configured")
      assert.deepStrictEqual(exitCodes(report), [isFive ? 1 : 0])

      const next = yield* applied(named("innocent3", "lab-failpre", "innocent4"))
      assert.deepStrictEqual(outcomes(next.report), {
        innocent3: "installed",
        innocent4: "installed",
        "lab-failpre": "failed",
      })
      assert.include(messageOf(next.report, "lab-failpre"), "script failed: exit status 3")
      assert.include(evidenceOf(next.report), "refusing to unpack")
      assert.deepStrictEqual(exitCodes(next.report), [1])
      assert.strictEqual(yield* rpmVersion(box, "lab-failpre"), "1.0-1")
    }).pipe(Effect.scoped),
  )
})

describe.each(generations)("%s: trouble while installing", (root) => {
  it.live("a script that hangs can be ended without harm to the others", () =>
    Effect.gen(function* () {
      const { box, applied } = yield* machine(root)
      const release = Effect.andThen(
        waitFor(box, "/run/lab-hangpost.pid"),
        box.run(["bash", "-c", "kill $(cat /run/lab-hangpost.pid)"]),
      )
      const [{ report }] = yield* Effect.all([applied(named("innocent1", "lab-hangpost")), release], {
        concurrency: "unbounded",
      })
      assert.deepStrictEqual(outcomes(report), {
        innocent1: "installed",
        "lab-hangpost": "half_configured",
      })
      assert.include(messageOf(report, "lab-hangpost"), "signal 15")
      assert.deepStrictEqual(exitCodes(report), [root === "sid-dnf5" ? 1 : 0])
    }).pipe(Effect.scoped),
  )

  it.live("isolates packages that are not signed, damaged or missing, and a full disk", () =>
    Effect.gen(function* () {
      // too small for lab-huge
      const { box, applied, manager } = yield* machine(root, { diskSize: "48m" })
      // the repository is changed behind the back of its signature
      yield* box.run(["bash", "-c", "cp /srv/lab/extra/*1.2-1*.rpm /srv/lab/lab/"])
      yield* Box.publish(box)
      yield* box.run(["rm", "/srv/lab/lab/innocent3-1.1-1.noarch.rpm"])
      yield* box.run([yield* dnfOf(box), "-y", "makecache", "--refresh"])
      const { report } = yield* applied(
        packages({
          "lab-plain": "1.2-1",
          innocent1: "1.2-1",
          innocent2: "1.1-1",
          innocent3: "1.1-1",
          innocent4: "1.1-1",
          "lab-huge": "1.1-1",
        }),
      )
      assert.deepStrictEqual(outcomes(report), {
        innocent2: "installed",
        innocent4: "installed",
        innocent1: "failed",
        innocent3: "failed",
        "lab-plain": "failed",
        "lab-huge": "failed",
      })
      assert.match(messageOf(report, "lab-plain"), /not signed/)
      assert.match(messageOf(report, "innocent3"), /cannot be downloaded/)
      assert.match(messageOf(report, "lab-huge"), /more space on the \/ filesystem/)
      assert.isNotEmpty(messageOf(report, "innocent1"))
      assert.strictEqual(yield* rpmVersion(box, "innocent2"), "1.1-1")
      const { preflight } = yield* manager.plan(named("lab-huge"))
      assert.deepStrictEqual(
        preflight.map(({ code }) => code),
        ["disk_space"],
      )
    }).pipe(Effect.scoped),
  )

  it.live("takes a key that the repository names, and says when it cannot be had", () =>
    Effect.gen(function* () {
      const { box, applied } = yield* machine(root)
      const forget =
        "rpm -e --allmatches gpg-pubkey || rpmkeys --delete $(rpm -qa gpg-pubkey --qf '%{VERSION}\\n')"
      yield* box.run(["bash", "-c", forget])
      assert.deepStrictEqual(outcomes((yield* applied(named("innocent1"))).report), {
        innocent1: "installed",
      })
      yield* box.run(["bash", "-c", forget])
      yield* box.run(["rm", "/etc/pki/rpm-gpg/RPM-GPG-KEY-labos"])
      const { report } = yield* applied(named("innocent2"))
      assert.deepStrictEqual(outcomes(report), { innocent2: "failed" })
      assert.include(messageOf(report, "innocent2"), "RPM-GPG-KEY-labos")
    }).pipe(Effect.scoped),
  )

  it.live("names who is installing, and installs when it has ended", () =>
    Effect.gen(function* () {
      const { box, applied, manager } = yield* machine(root)
      const dnf = yield* dnfOf(box)
      yield* box.spawn([dnf, "-y", "upgrade", "lab-hangpost"])
      yield* waitFor(box, "/run/lab-hangpost.pid")
      const codes = yield* manager.plan(named("innocent1")).pipe(
        Effect.map(({ preflight }) => preflight.map(({ code, holder }) => [code, holder?.program])),
        Effect.catchTag("ManagerError", ({ reason, holder }) => Effect.succeed([[reason, holder?.program]])),
      )
      assert.deepStrictEqual(codes, [["locked", dnf]])
      yield* box.run(["bash", "-c", "kill $(cat /run/lab-hangpost.pid)"])
      yield* eventually(
        "it has ended",
        box.run(["rpm", "-q", "lab-hangpost"]),
        ({ stdout }) => stdout.trim() === "lab-hangpost-1.1-1.noarch",
        "60 seconds",
      )

      assert.deepStrictEqual(outcomes((yield* applied(named("innocent2"))).report), {
        innocent2: "installed",
      })
    }).pipe(Effect.scoped),
  )
})

describe("a dnf that is asked to end in the middle", () => {
  /** An upgrade that hangs in the %post of lab-hangpost, and was sent SIGTERM. */
  const terminated = Effect.fnUntraced(function* (root: string) {
    const host = yield* machine(root)
    yield* keepOnly(host.box, ["lab-hangpost", "innocent1", "innocent2"])
    const dnf = yield* host.box.spawn([yield* dnfOf(host.box), "-y", "upgrade", "lab-hangpost", "innocent1"])
    yield* waitFor(host.box, "/run/lab-hangpost.pid")
    yield* dnf.signal("SIGTERM")
    return { ...host, dnf }
  })
  const endScript = "kill -KILL $(cat /run/lab-hangpost.pid)"

  it.live("trixie-dnf: does so when all is done", () =>
    Effect.gen(function* () {
      const { box, dnf } = yield* terminated("trixie-dnf")
      yield* box.run(["bash", "-c", endScript])
      // 128 + SIGTERM
      assert.strictEqual(yield* dnf.exit, 143)
      assert.strictEqual(yield* rpmVersion(box, "lab-hangpost"), "1.1-1")
      assert.strictEqual(yield* rpmVersion(box, "innocent1"), "1.1-1")
    }).pipe(Effect.scoped),
  )

  it.live("sid-dnf5: leaves packages in two versions, which are seen, and mended by repair", () =>
    Effect.gen(function* () {
      const { box, dnf, manager, applied } = yield* terminated("sid-dnf5")
      assert.notStrictEqual(yield* dnf.exit, 0)
      yield* box.run(["bash", "-c", endScript])
      yield* endSleep(box)
      assert.strictEqual(yield* rpmVersion(box, "lab-hangpost"), "1.0-1\n1.1-1")

      const found = yield* manager.plan(named("innocent2"))
      assert.deepStrictEqual(
        found.preflight.map(({ code }) => code),
        ["interrupted_transaction"],
      )
      assert.include(found.preflight[0]?.detail, "lab-hangpost 1.0-1")
      const { report } = yield* applied(packages({ innocent2: "1.1-1" }, { repair: true }))
      assert.deepStrictEqual(outcomes(report), { innocent2: "installed" })
      assert.strictEqual(yield* rpmVersion(box, "lab-hangpost"), "1.1-1")
      assert.deepStrictEqual((yield* manager.health).faults, [])
    }).pipe(Effect.scoped),
  )
})
