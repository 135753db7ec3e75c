import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import type { AvailableUpdate } from "../../src/domain/Update.ts"
import { eventually } from "../eventually.ts"
import * as Box from "./lab/Box.ts"
import { keepOnly } from "./lab/rpmState.ts"
import { boxManager } from "./managers/boxManager.ts"

// What the zypper backend reads where zypper itself says less, or nothing, or the opposite.

const zypperRoots = ["bullseye-zypper", "sid-zypper"]

const verdicts = (updates: ReadonlyArray<AvailableUpdate>) =>
  Object.fromEntries(
    updates.map(({ name, installable }) => [name, installable.answer === "yes" ? "yes" : installable.reason]),
  )

const codes = (rows: ReadonlyArray<{ readonly code: string }>) => rows.map(({ code }) => code)

const open = Effect.fnUntraced(function* (
  root: string,
  kept?: ReadonlyArray<string>,
  options: Parameters<typeof boxManager>[2] = {},
) {
  const box = yield* Box.make(root)
  if (kept !== undefined) yield* keepOnly(box, kept)
  const { manager } = yield* boxManager(box, "zypper", options)
  return { box, manager }
})

describe.each(zypperRoots)("%s: reading", (root) => {
  it.live("lists every newer version, those that zypper hides with the reason", () =>
    Effect.gen(function* () {
      const { box, manager } = yield* open(root)
      yield* box.run(["zypper", "addlock", "lab-held", "lab-sec* > 1.0-1"])
      const { updates, reasons } = yield* manager.updates
      assert.deepStrictEqual(reasons, [])
      const found = verdicts(updates)
      const withheld = Object.fromEntries(Object.entries(found).filter(([, verdict]) => verdict !== "yes"))
      assert.deepStrictEqual(withheld, {
        "lab-held": "held",
        "lab-secfix": "held",
        "lab-conflict": "needs_removal",
        "lab-unsat": "conflict",
        "lab-newdep": "needs_new_dependency",
      })
      // What takes the place of another package is an update of it, under a new name.
      assert.notProperty(found, "lab-old")
      for (const name of [
        "lab-new",
        "lab-plain",
        "lab-archchange",
        "lab-epoch",
        "lab-src",
        "innocent4",
        "kernel-core",
      ]) {
        assert.strictEqual(found[name], "yes", name)
      }
      // An advisory for a version that no repository has is nobody's update.
      assert.notProperty(found, "lab-withdrawn")
      const update = (name: string) => updates.find((row) => row.name === name)
      const change = (name: string) => {
        const row = update(name)
        return `${row?.architecture} ${row?.from} ${row?.to}`
      }
      assert.strictEqual(change("lab-epoch"), "noarch 1:1.0-1 1:1.1-1")
      assert.strictEqual(change("lab-archchange"), "noarch 1.0-1 1.1-1")
      assert.strictEqual(change("kernel-core").replace(/^\S+ /, ""), "6.1.2-1 6.1.3-1")
      for (const name of ["lab-hidden", "kernel-core", "lab-nocve"]) {
        assert.strictEqual(update(name)?.security.verdict, "yes", name)
      }
      assert.strictEqual(String(update("lab-hidden")?.security.fixedIn), "1.1-1")
      assert.deepStrictEqual(update("lab-conffile")?.security, { verdict: "no", evidence: [] })
      assert.deepStrictEqual(update("innocent4")?.security, { verdict: "unknown", evidence: [] })
      const { packages } = yield* manager.inventory
      const held = packages.filter((row) => row.held === true).map(({ name }) => name as string)
      assert.deepStrictEqual(held, ["lab-held"])
    }).pipe(Effect.scoped),
  )

  it.live("puts the patch of the package manager before all others", () =>
    Effect.gen(function* () {
      const { box, manager } = yield* open(root, ["lab-pkgmgr", "lab-reboot", "lab-plain"])
      yield* box.run(["zypper", "modifyrepo", "--enable", "lab-special"])
      yield* manager.refresh("always")
      const { updates } = yield* manager.updates
      assert.deepStrictEqual(verdicts(updates), {
        "lab-pkgmgr": "yes",
        "lab-reboot": "blocked_by_manager",
        "lab-plain": "blocked_by_manager",
      })
      const restarts = updates.flatMap(({ security }) =>
        security.evidence.flatMap(({ restart }) => restart ?? []),
      )
      assert.deepStrictEqual(restarts.toSorted(), ["package_manager", "reboot"])
      const { plan } = yield* manager.plan({ selection: { kind: "all" } })
      assert.deepStrictEqual(
        plan.installs.map(({ name }) => name as string),
        ["lab-pkgmgr"],
      )
      yield* manager.apply(plan, { repair: false, report: () => Effect.void })
      const after = yield* manager.updates
      assert.deepStrictEqual(verdicts(after.updates), { "lab-reboot": "yes", "lab-plain": "yes" })
      const rest = yield* manager.plan({ selection: { kind: "all" } })
      assert.strictEqual(rest.plan.rebootExpected, "yes")
    }).pipe(Effect.scoped),
  )

  it.live("reads while another zypper is at work, and locks nobody out", () =>
    Effect.gen(function* () {
      const { box, manager } = yield* open(root, ["lab-plain"])
      const shell = yield* box.spawn(["zypper", "--no-refresh", "shell"])
      yield* shell.write("search --installed-only lab-plain\n")
      yield* eventually("zypper has answered", shell.stdout, (said) => /lab-plain +\|/.test(said))
      assert.deepStrictEqual(verdicts((yield* manager.updates).updates), { "lab-plain": "yes" })
      const { preflight } = yield* manager.plan({ selection: { kind: "all" } })
      assert.deepStrictEqual(codes(preflight), ["locked"])
      assert.strictEqual(preflight[0]?.holder?.program, "zypper")
      yield* Effect.andThen(shell.signal("SIGKILL"), shell.exit)
      // The file still has its process id.
      assert.deepStrictEqual((yield* manager.health).locks, [])
    }).pipe(Effect.scoped),
  )

  it.live("says which repository it could not read, and still lists the others", () =>
    Effect.gen(function* () {
      const { box, manager } = yield* open(root, ["lab-plain", "innocent4"])
      yield* box.run([
        "bash",
        "-c",
        "rm -r /var/cache/zypp/solv/lab-extras; for file in /var/cache/zypp/raw/lab-extras/repodata/*primary*; do echo garbage >$file; done",
      ])
      const { updates, reasons } = yield* manager.updates
      assert.deepStrictEqual(verdicts(updates), { "lab-plain": "yes" })
      assert.deepStrictEqual(codes(reasons), ["repository_failed"])
      assert.match(reasons[0]?.detail ?? "", /lab-extras: .*primary/)
      // With its index gone it is not asked for over the network either.
      yield* box.run(["rm", "-r", "/var/cache/zypp/raw/lab-extras"])
      const without = yield* manager.updates
      assert.deepStrictEqual(verdicts(without.updates), { "lab-plain": "yes" })
      assert.deepStrictEqual(codes(without.reasons), ["index_missing"])
      assert.isFalse(yield* box.exists("/var/cache/zypp/raw/lab-extras"))
      yield* box.run(["bash", "-c", "rm /etc/zypp/repos.d/*"])
      const none = yield* manager.updates
      assert.deepStrictEqual([none.updates, codes(none.reasons)], [[], ["index_missing"]])
    }).pipe(Effect.scoped),
  )
})

describe("a refresh", () => {
  it.live("tells the repository that failed from those that answered", () =>
    Effect.gen(function* () {
      const { box, manager } = yield* open("sid-zypper", ["lab-plain"])
      yield* box.run(["mv", "/srv/lab/lab-extras", "/srv/elsewhere"])
      const { refreshed, repositories, reasons } = yield* manager.refresh("always")
      assert.isFalse(refreshed)
      assert.deepStrictEqual(
        repositories.map(({ repository, outcome }) => [repository, outcome]),
        [
          ["lab", "unchanged"],
          ["lab-extras", "failed"],
        ],
      )
      assert.match(repositories[1]?.message ?? "", /^There is no repository at this address: .*lab-extras/)
      assert.deepStrictEqual(codes(reasons), ["repository_failed"])
    }).pipe(Effect.scoped),
  )

  it.live("accepts no index whose signature is not trusted, and keeps the old one", () =>
    Effect.gen(function* () {
      const { box, manager } = yield* open("sid-zypper", ["lab-plain"])
      yield* box.run(["bash", "-c", "rpm -e gpg-pubkey; sed -i '/^gpgkey/d' /etc/zypp/repos.d/*.repo"])
      yield* Box.publish(box)
      const { refreshed, repositories } = yield* manager.refresh("always")
      assert.isFalse(refreshed)
      assert.deepStrictEqual(
        repositories.map(({ outcome }) => outcome),
        ["failed", "failed"],
      )
      assert.match(repositories[0]?.message ?? "", /^The repository's signature is not trusted/)
      assert.deepStrictEqual(verdicts((yield* manager.updates).updates), { "lab-plain": "yes" })
    }).pipe(Effect.scoped),
  )
})

describe("a host in trouble", () => {
  it.live("shows an ordinary user its packages, and says that the rest takes root", () =>
    Effect.gen(function* () {
      const { manager } = yield* open("sid-zypper", undefined, { user: "nobody" })
      assert.isNotEmpty((yield* manager.inventory).packages)
      const plan = manager.plan({ selection: { kind: "all" } })
      assert.strictEqual((yield* Effect.flip(manager.updates)).reason, "needs_root")
      assert.strictEqual((yield* Effect.flip(manager.refresh("always"))).reason, "needs_root")
      assert.strictEqual((yield* Effect.flip(plan)).reason, "needs_root")
      assert.isUndefined((yield* manager.health).damage)
    }).pipe(Effect.scoped),
  )

  it.live("reports dependencies that are broken and a database that is lost", () =>
    Effect.gen(function* () {
      const { box, manager } = yield* open("sid-zypper")
      yield* box.run(["rpm", "--erase", "--nodeps", "--allmatches", "kernel-core"])
      assert.match((yield* manager.health).damage ?? "", /^zypper verify: .*kernel-core/)
      yield* box.run(["bash", "-c", "for file in /var/lib/rpm/*; do echo garbage >$file; done"])
      const lost = yield* Effect.flip(manager.updates)
      assert.strictEqual(lost.reason, "database_damaged")
      assert.isDefined((yield* manager.health).damage)
    }).pipe(Effect.scoped),
  )
})
