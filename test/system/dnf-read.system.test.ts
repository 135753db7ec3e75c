import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import { PackageName } from "../../src/domain/Package.ts"
import type { AvailableUpdate } from "../../src/domain/Update.ts"
import { dnfWatched } from "../../src/package-manager/dnf/detectDnf.ts"
import type { ManagerError } from "../../src/package-manager/PackageManager.ts"
import { eventually } from "../eventually.ts"
import * as Box from "./lab/Box.ts"
import { boxManager } from "./managers/boxManager.ts"

// What the dnf backend reads where dnf itself says less, or nothing, or the opposite: dnf 4.5, dnf 4.23 and dnf5 5.4.

const names = Schema.decodeSync(Schema.Array(PackageName))

const withheld = (updates: ReadonlyArray<AvailableUpdate>): Record<string, string> =>
  Object.fromEntries(
    updates.flatMap(({ name, installable }) =>
      installable.answer === "no" ? [[name, installable.reason]] : [],
    ),
  )

const codes = ({ reasons }: { readonly reasons: ReadonlyArray<{ readonly code: string }> }) =>
  reasons.map(({ code }) => code)

const refusal = <A>(answer: Effect.Effect<A, ManagerError>) =>
  Effect.map(Effect.result(answer), (result) => (Result.isFailure(result) ? result.failure : undefined))

describe.each(["bullseye-dnf", "trixie-dnf", "sid-dnf5"])("%s: reading", (root) => {
  const isFive = root.endsWith("-dnf5")
  const program = isFive ? "dnf5" : "dnf"
  const cache = isFive ? "/var/cache/libdnf5" : "/var/cache/dnf"
  const hasLocks = root !== "bullseye-dnf"

  const open = Effect.fnUntraced(function* (options: Parameters<typeof boxManager>[2] = {}) {
    const box = yield* Box.make(root)
    const { manager, daysAhead } = yield* boxManager(box, "dnf", options)
    const shell = (script: string) => box.run(["bash", "-euc", script], { timeout: "120 seconds" })
    return { box, manager, daysAhead, shell }
  })

  it.live("every newer version, those that dnf hides with the reason", () =>
    Effect.gen(function* () {
      const { box, manager, shell } = yield* open()
      const listed = yield* box.run([program, "--cacheonly", "--quiet", "check-update"])
      const upgradable = [...listed.stdout.matchAll(/^(\S+)\.(?:noarch|x86_64) +\S+ +lab/gm)].map(
        ([, name]) => name,
      )
      yield* shell(`
        ${hasLocks ? `${program} versionlock add lab-held` : ""}
        echo 'excludepkgs=lab-epoch* lab-secfix' >>/etc/dnf/dnf.conf
        sed -i '/^.lab.$/a excludepkgs=innocent1' /etc/yum.repos.d/labos.repo
        sed -i '/^.lab-extras.$/a includepkgs=innocent4' /etc/yum.repos.d/labos.repo`)
      const stamps = shell(`stat -c '%n %i %s %Y' ${dnfWatched.join(" ")} 2>/dev/null || true`)
      const before = (yield* stamps).stdout
      assert.isNotEmpty(before)
      const { updates, reasons } = yield* manager.updates
      assert.deepStrictEqual(reasons, [])
      // a scan must not look like a change that calls for a scan
      assert.strictEqual((yield* stamps).stdout, before)
      // all that dnf lists, but for what the administrator takes from nowhere, and what dnf5 does not list but installs
      assert.deepStrictEqual<unknown>(
        updates.map(({ name }) => name).toSorted(),
        [...new Set([...upgradable, "lab-new"])].filter((name) => name !== "innocent5").toSorted(),
      )
      assert.deepStrictEqual(withheld(updates), {
        innocent1: "held",
        "lab-epoch": "held",
        "lab-secfix": "held",
        ...(hasLocks ? { "lab-held": "held" } : {}),
        "lab-conflict": "needs_removal",
        "lab-newdep": "needs_new_dependency",
        "lab-unsat": "conflict",
      })
      const security = updates.flatMap((row) => (row.security.verdict === "yes" ? [row.name as string] : []))
      assert.deepStrictEqual(security.toSorted(), [
        "kernel",
        "kernel-core",
        "lab-hidden",
        "lab-nocve",
        "lab-secfix",
      ])
      const { packages, faults } = yield* manager.inventory
      assert.deepStrictEqual(faults, [])
      const held = packages.flatMap((row) => (row.held === true ? [row.name as string] : []))
      assert.deepStrictEqual(held.toSorted(), ["lab-epoch", ...(hasLocks ? ["lab-held"] : []), "lab-secfix"])
      assert.strictEqual(packages.find(({ name }) => name === "lab-modular")?.module, "labmod:1:1:abc")
      const { stdout } = yield* box.run(["rpm", "-qa", "--qf", "%{NAME}\n"])
      assert.lengthOf(
        packages,
        stdout.split("\n").filter((name) => name !== "" && name !== "gpg-pubkey").length,
      )
    }).pipe(Effect.scoped),
  )

  it.live("never zero updates for want of metadata, and no download", () =>
    Effect.gen(function* () {
      const { manager, shell, daysAhead } = yield* open()
      yield* shell(`cp -a ${cache} /root/cache`)
      const restore = shell(`rm -rf ${cache}; cp -a /root/cache ${cache}`)

      yield* shell(`rm -rf ${cache}/lab-extras*`)
      const one = yield* manager.updates
      assert.deepStrictEqual(codes(one), ["index_missing"])
      assert.isTrue(one.updates.some(({ name }) => name === "lab-plain"))
      assert.isFalse(one.updates.some(({ name }) => name === "innocent4"))
      yield* shell(`rm -rf ${cache}/*`)
      const none = yield* manager.updates
      assert.deepStrictEqual([none.updates, codes(none)], [[], ["index_missing", "index_missing"]])
      assert.strictEqual((yield* shell(`find ${cache} -name 'repomd.xml*'`)).stdout, "")

      yield* restore
      yield* shell(`rm -f ${cache}/lab-[!e]*/repodata/*updateinfo*`)
      const unadvised = yield* manager.updates
      assert.deepStrictEqual(codes(unadvised), ["index_missing"])
      assert.isFalse(
        unadvised.updates.some(({ name, security }) => name === "lab-plain" && security.verdict === "no"),
      )
      yield* restore
      yield* daysAhead(8)
      assert.deepStrictEqual(codes(yield* manager.updates), ["index_stale", "index_stale"])
      yield* daysAhead(0)
      yield* shell("mv /etc/yum.repos.d/labos.repo /root")
      const bare = yield* manager.updates
      assert.deepStrictEqual([bare.updates, bare.indexes, codes(bare)], [[], [], ["index_missing"]])
    }).pipe(Effect.scoped),
  )

  it.live("what of its configuration dnf cannot read", () =>
    Effect.gen(function* () {
      const { box, manager } = yield* open()
      yield* box.writeFile("/etc/yum.repos.d/bad.repo", "garbage\n[x\n")
      if (isFive) {
        // dnf5 answers nothing at all
        const error = yield* refusal(manager.updates)
        assert.strictEqual(error?.reason, "failed")
        assert.include(error?.detail ?? "", "/etc/yum.repos.d/bad.repo")
      } else {
        const found = yield* manager.updates
        assert.deepStrictEqual(codes(found), ["repository_failed"])
        assert.isTrue(found.updates.some(({ name }) => name === "lab-plain"))
      }
      assert.isNotEmpty((yield* manager.inventory).packages)
    }).pipe(Effect.scoped),
  )

  it.live("the packages for any user, and what needs the system's metadata for root alone", () =>
    Effect.gen(function* () {
      const { manager } = yield* open()
      const { manager: user } = yield* open({ user: "nobody", env: { HOME: "/nonexistent" } })
      assert.deepStrictEqual(yield* user.inventory, yield* manager.inventory)
      assert.deepStrictEqual((yield* user.health).faults, [])
      assert.strictEqual((yield* refusal(user.updates))?.reason, "needs_root")
      assert.strictEqual((yield* refusal(user.describe(names(["lab-plain"]))))?.reason, "needs_root")
    }).pipe(Effect.scoped),
  )

  it.live("in the middle of a transaction, whose old version is no duplicate until it is killed", () =>
    Effect.gen(function* () {
      const { box, manager, shell } = yield* open()
      yield* box.spawn([program, "-y", "upgrade", "lab-hangpost"])
      yield* eventually(
        "the script runs",
        box.exists("/run/lab-hangpost.pid"),
        (exists) => exists,
        "60 seconds",
      )
      assert.deepStrictEqual((yield* manager.inventory).faults, [])
      const busy = yield* manager.health
      assert.deepStrictEqual([busy.faults, busy.damage], [[], undefined])
      assert.isNotEmpty(busy.locks)
      const error = yield* refusal(manager.updates)
      // dnf4 answers all the same
      assert.strictEqual(error?.reason, isFive ? "locked" : undefined)
      if (isFive) assert.isDefined(error?.holder?.pid)
      yield* shell("kill -KILL -1 || true")
      const { manager: after } = yield* boxManager(box, "dnf")
      const killed = yield* after.health
      assert.deepStrictEqual(
        killed.faults.map(({ name, version, state }) => [name, version, state]),
        [["lab-hangpost", "1.0-1", "duplicate"]],
      )
      assert.deepStrictEqual(killed.locks, [])
    }).pipe(Effect.scoped),
  )

  it.live("a lost database as lost, and one that rpm cannot open as damaged", () =>
    Effect.gen(function* () {
      const { manager, shell } = yield* open()
      const file = (yield* shell(
        "ls /var/lib/rpm/rpmdb.sqlite /var/lib/rpm/Packages 2>/dev/null || true",
      )).stdout.trim()
      yield* shell(
        `cp ${file} /root/database; head -c 5000 /dev/urandom >${file}; rm -f /var/lib/rpm/*-wal /var/lib/rpm/*-shm /var/lib/rpm/__db*`,
      )
      assert.strictEqual((yield* refusal(manager.inventory))?.reason, "database_damaged")
      assert.isNotEmpty((yield* manager.health).damage)
      yield* shell("rm -rf /var/lib/rpm/*")
      assert.strictEqual((yield* refusal(manager.inventory))?.reason, "database_damaged")
      assert.strictEqual((yield* refusal(manager.updates))?.reason, "database_damaged")
    }).pipe(Effect.scoped),
  )

  if (!isFive) {
    it.live("waits for nobody at another program's metadata lock, and says whose it is", () =>
      Effect.gen(function* () {
        const { box, manager } = yield* open()
        const holder = yield* box.spawn(["sleep", "600"])
        const pid = yield* holder.pid
        yield* box.writeFile("/var/cache/dnf/metadata_lock.pid", String(pid))
        const error = yield* refusal(manager.updates)
        assert.deepStrictEqual([error?.reason, error?.holder?.pid], ["locked", pid])
        assert.isNotEmpty((yield* manager.inventory).packages)
      }).pipe(Effect.scoped),
    )
  }
})
