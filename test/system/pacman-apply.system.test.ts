import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { eventually } from "../eventually.ts"
import * as Box from "./lab/Box.ts"
import { pacmanRoots, sh, version } from "./lab/pacmanState.ts"
import { boxManager } from "./managers/boxManager.ts"
import { all, apply, codes, hostWith, messageOf, outcomes, upgrade } from "./pacmanAnswers.ts"

// The pacman backend upgrades for real, in a throw-away machine.

describe.each(pacmanRoots)("%s: upgrading", (root) => {
  it.live("everything, with replacements and new dependencies; marks, configuration and evidence", () =>
    Effect.gen(function* () {
      const box = yield* Box.make(root)
      const { manager } = yield* boxManager(box, "pacman")
      const { plan } = yield* manager.plan(all)
      const steps: Array<string> = []
      const report = yield* manager.apply(plan, {
        repair: false,
        report: ({ step, package: name }) => Effect.sync(() => void steps.push(`${step} ${name}`)),
      })
      const { "lab-old": old, ...others } = outcomes(report)
      assert.deepStrictEqual([old, [...new Set(Object.values(others))]], ["removed", ["installed"]])
      assert.strictEqual(yield* version(box, "lab-new"), "1.1-1")
      assert.strictEqual(yield* version(box, "lab-epoch"), "1:1.0-1")
      assert.strictEqual(yield* version(box, "lab-newer"), "2.0-1")
      assert.strictEqual(yield* sh(box, "pacman -Qqd"), "lab-autodep\nlab-newdep-lib\n")
      assert.strictEqual(yield* box.readFile("/etc/lab-conffile.conf"), "setting = changed by the admin\n")
      assert.deepStrictEqual(report.newConfigurationFiles, ["/etc/lab-conffile.conf.pacnew"])
      assert.includeMembers(steps, ["upgrading lab-plain", "installing lab-newdep-lib", "removing lab-old"])
      assert.deepStrictEqual(
        report.evidence.map(({ exitCode }) => exitCode),
        [0],
      )
      assert.deepStrictEqual((yield* manager.updates).updates, [])
    }).pipe(Effect.scoped),
  )

  it.live("failing scriptlets are no success, although pacman exits with 0 and keeps no record", () =>
    Effect.gen(function* () {
      const names = ["innocent1", "lab-failpost", "lab-failpre", "lab-plain"]
      const { box, manager } = yield* hostWith(root, names)
      const report = yield* upgrade(manager)
      assert.deepStrictEqual(outcomes(report), {
        innocent1: "installed",
        "lab-failpost": "half_configured",
        "lab-failpre": "half_configured",
        "lab-plain": "installed",
      })
      assert.include(
        messageOf(report, "lab-failpre"),
        "its pre_upgrade failed: command failed to execute correctly",
      )
      assert.strictEqual(report.evidence[0]?.exitCode, 0)
      assert.include(report.evidence[0]?.output, "lab-failpost: cannot be configured")
      assert.strictEqual(yield* version(box, "lab-failpre"), "1.1-1")
      assert.deepStrictEqual((yield* manager.health).faults, [])
    }).pipe(Effect.scoped),
  )

  it.live("a failing hook is everybody's failure; one that aborts keeps all as it was", () =>
    Effect.gen(function* () {
      const { box, manager } = yield* hostWith(root, ["innocent1", "lab-plain"])
      const hook = (when: string, rest: string) =>
        box.writeFile(
          "/etc/pacman.d/hooks/lab.hook",
          `[Trigger]\nOperation = Upgrade\nType = Package\nTarget = *\n\n[Action]\nDescription = Failing hook of the lab...\nWhen = ${when}\nExec = /bin/false\n${rest}`,
        )
      yield* hook("PreTransaction", "AbortOnFail\n")
      const aborted = yield* upgrade(manager)
      assert.deepStrictEqual(outcomes(aborted), { innocent1: "failed", "lab-plain": "failed" })
      assert.include(messageOf(aborted, "innocent1"), "failed to run transaction hooks")
      assert.strictEqual(yield* version(box, "lab-plain"), "1.0-1")

      yield* hook("PostTransaction", "")
      const report = yield* upgrade(manager)
      assert.deepStrictEqual(outcomes(report), {
        innocent1: "half_configured",
        "lab-plain": "half_configured",
      })
      assert.include(messageOf(report, "lab-plain"), "a hook that runs /bin/false failed")
      assert.strictEqual(yield* version(box, "lab-plain"), "1.1-1")
    }).pipe(Effect.scoped),
  )

  const files = "/srv/lab/lab"
  const plain = `${files}/lab-plain-1.1-1-any.pkg.tar.zst`
  const other = `${files}/innocent1-1.1-1-any.pkg.tar.zst`

  it.live.each([
    ["a package that cannot be downloaded", `rm ${plain}`, /^cannot be downloaded: /],
    [
      "a package without a signature",
      `rm ${plain}.sig`,
      /^cannot be downloaded: .*|missing required signature/,
    ],
    [
      "a package with the signature of another",
      `cp ${other}.sig ${plain}.sig`,
      /signature from .* is invalid/,
    ],
    [
      "a package that is not the one announced",
      `printf x | dd of=${plain} bs=1 seek=100 conv=notrunc`,
      /^is damaged: .*checksum/,
    ],
    [
      "a file that is already there",
      "mkdir -p /usr/share/lab-newdep-lib; echo mine >/usr/share/lab-newdep-lib/version",
      undefined,
    ],
  ] as const)("%s stops all, is named, and changes nothing", ([, spoil, complaint]) =>
    Effect.gen(function* () {
      const { box, manager } = yield* hostWith(root, ["innocent1", "lab-newdep", "lab-plain"])
      yield* sh(box, `rm -f /var/cache/pacman/pkg/*; ${spoil}`)
      const before = yield* sh(box, "pacman -Q")
      const report = yield* upgrade(manager)
      assert.deepStrictEqual(outcomes(report), {
        innocent1: "failed",
        "lab-newdep": "failed",
        "lab-newdep-lib": "failed",
        "lab-plain": "failed",
      })
      if (complaint === undefined) {
        assert.match(
          messageOf(report, "lab-newdep-lib"),
          /^file conflict: \/usr\/share\/lab-newdep-lib\/version exists/,
        )
      } else assert.match(messageOf(report, "lab-plain"), complaint)
      assert.match(messageOf(report, "innocent1"), /failed to commit transaction/)
      assert.strictEqual(report.evidence.length, 1)
      assert.strictEqual(yield* sh(box, "pacman -Q"), before)
    }).pipe(Effect.scoped),
  )

  it.live("two packages with one file", () =>
    Effect.gen(function* () {
      const { manager } = yield* hostWith(root, ["lab-conffile", "lab-overwrites"])
      const report = yield* upgrade(manager)
      assert.deepStrictEqual(
        [messageOf(report, "lab-conffile"), messageOf(report, "lab-overwrites")],
        [
          "file conflict: /etc/lab-conffile.conf is also in lab-overwrites",
          "file conflict: /etc/lab-conffile.conf is also in lab-conffile",
        ],
      )
    }).pipe(Effect.scoped),
  )

  it.live("a full disk in the middle, after which pacman says that nothing was upgraded", () =>
    Effect.gen(function* () {
      const { box, manager } = yield* hostWith(root, ["innocent1", "lab-bloat"], { diskSize: "40m" })
      yield* sh(box, "sed -i /CheckSpace/d /etc/pacman.conf")
      const { plan } = yield* manager.plan(all)
      const report = yield* apply(manager, plan)
      assert.deepStrictEqual(outcomes(report), { innocent1: "installed", "lab-bloat": "half_configured" })
      assert.include(report.evidence[0]?.output, "no packages were upgraded")
      assert.strictEqual(yield* version(box, "innocent1"), "1.1-1")
      assert.isNotEmpty(messageOf(report, "lab-bloat"))
    }).pipe(Effect.scoped),
  )

  it.live("a scriptlet that hangs is ended gently by killing it alone; the rest is upgraded", () =>
    Effect.gen(function* () {
      const { box, manager } = yield* hostWith(root, ["innocent1", "lab-hangpost", "lab-plain"])
      const kill = eventually(
        "the scriptlet hangs",
        box.run(["bash", "-c", "kill -KILL $(cat /run/lab-hangpost.pid)"]),
        ({ exitCode }) => exitCode === 0,
      )
      const [report] = yield* Effect.all([upgrade(manager), kill], { concurrency: "unbounded" })
      assert.deepStrictEqual(outcomes(report), {
        innocent1: "installed",
        "lab-hangpost": "half_configured",
        "lab-plain": "installed",
      })
      assert.include(messageOf(report, "lab-hangpost"), "terminated by signal 9")
      assert.deepStrictEqual(report.evidence[0]?.exitCode, 0)
    }).pipe(Effect.scoped),
  )

  it.live("a daemon that a scriptlet starts with its output holds pacman up until it ends", () =>
    Effect.gen(function* () {
      const { box, manager } = yield* hostWith(root, ["lab-daemon"])
      const end = eventually(
        "the daemon runs, and pacman waits",
        box.run(["bash", "-c", "test -e /var/lib/pacman/db.lck && kill $(cat /run/lab-daemon.pid)"]),
        ({ exitCode }) => exitCode === 0,
      )
      const [report] = yield* Effect.all([upgrade(manager), end], { concurrency: "unbounded" })
      assert.deepStrictEqual(outcomes(report), { "lab-daemon": "installed" })
    }).pipe(Effect.scoped),
  )

  it.live("a pacman that was ended leaves its lock, which is shown and never removed", () =>
    Effect.gen(function* () {
      const { box, manager } = yield* hostWith(root, ["innocent1", "lab-hangpost", "lab-plain"])
      const { plan } = yield* manager.plan(all)
      const pacman = yield* box.spawn(["pacman", "-Su", "--noconfirm"])
      yield* eventually("the script runs", box.exists("/run/lab-hangpost.pid"), (exists) => exists)
      const running = yield* manager.health
      assert.deepStrictEqual<unknown>(
        running.locks.map(({ lock, program, pid }) => [lock, program, pid]),
        [["/var/lib/pacman/db.lck", "pacman", yield* pacman.pid]],
      )
      yield* pacman.signal("SIGTERM")
      yield* pacman.exit
      const { locks, damage = "" } = yield* manager.health
      assert.deepStrictEqual(locks, [])
      assert.include(damage, "its lock /var/lib/pacman/db.lck is still there, and no program has it open")
      // What pacman had done by then is done; the plan is none any more.
      assert.strictEqual(yield* version(box, "lab-hangpost"), "1.1-1")
      assert.deepStrictEqual(codes((yield* apply(manager, plan)).preflight), ["plan_changed"])
      const next = yield* manager.plan(all)
      assert.deepStrictEqual(codes(next.preflight), ["interrupted_transaction"])
      assert.deepStrictEqual(outcomes(yield* apply(manager, next.plan)), { "lab-plain": "unchanged" })
      assert.isTrue(yield* box.exists("/var/lib/pacman/db.lck"))
      yield* sh(box, "rm /var/lib/pacman/db.lck")
      assert.deepStrictEqual(outcomes(yield* upgrade(manager)), { "lab-plain": "installed" })
    }).pipe(Effect.scoped),
  )

  it.live("waits for another program's lock, and names it meanwhile", () =>
    Effect.gen(function* () {
      const { box, manager } = yield* hostWith(root, ["lab-plain"])
      const hold = "open F, '>', '/var/lib/pacman/db.lck' or die; $| = 1; print 'locked'; sleep"
      const holder = yield* box.spawn(["perl", "-e", hold])
      yield* eventually("the lock is held", holder.stdout, (said) => said === "locked")
      const { plan, preflight } = yield* manager.plan(all)
      assert.deepStrictEqual(
        preflight.map(({ code, holder: who }) => [code, who?.program, who?.pid]),
        [["locked", "perl", yield* holder.pid]],
      )
      const release = eventually("pacman was refused", box.readFile("/var/log/pacman.log"), (log) =>
        log.includes("--debug -Su"),
      ).pipe(Effect.andThen(sh(box, "rm /var/lib/pacman/db.lck")), Effect.andThen(holder.signal("SIGKILL")))
      const [report] = yield* Effect.all([apply(manager, plan), release], { concurrency: "unbounded" })
      assert.deepStrictEqual([outcomes(report), report.preflight], [{ "lab-plain": "installed" }, []])
    }).pipe(Effect.scoped),
  )
})
