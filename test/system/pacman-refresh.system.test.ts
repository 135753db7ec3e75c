import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Box from "./lab/Box.ts"
import { pacmanRoots, sh, version } from "./lab/pacmanState.ts"
import { boxManager } from "./managers/boxManager.ts"
import { all, apply, codes, hostWith, messageOf, outcomes, upgrade, verdicts } from "./pacmanAnswers.ts"

// The pacman backend downloads databases into a copy of its own, and hands them to pacman only for an upgrade.

const live = "/var/lib/pacman/sync"

/** Names and content of pacman's own databases. */
const liveDatabases = (box: Box.Box) => sh(box, `cd ${live}; stat --format '%n %Y' *; sha256sum *`)

/** A host whose own databases are older than the repository, which has lab-plain 1.1-1 by now. */
const behind = Effect.fnUntraced(function* (root: string) {
  const host = yield* hostWith(root, ["lab-plain", "lab-victim"])
  const { box } = host
  yield* sh(box, "mv /srv/lab/lab/lab-plain-* /srv")
  yield* Box.publish(box)
  yield* sh(box, "pacman -Sy")
  yield* sh(box, "mv /srv/lab-plain-* /srv/lab/lab")
  yield* Box.publish(box)
  return host
})

describe.each(pacmanRoots)("%s: refreshing", (root) => {
  it.live("leaves pacman's own databases alone until the upgrade, which gets the new ones", () =>
    Effect.gen(function* () {
      const { box, manager } = yield* behind(root)
      assert.deepStrictEqual((yield* manager.updates).updates, [])
      const before = yield* liveDatabases(box)
      const first = yield* manager.refresh("always")
      assert.deepStrictEqual(
        [first.refreshed, first.repositories.map(({ repository, outcome }) => [repository, outcome])],
        [
          true,
          [
            ["lab", "fetched"],
            ["lab-extra", "fetched"],
          ],
        ],
      )
      assert.strictEqual(yield* liveDatabases(box), before)
      assert.strictEqual((yield* box.run(["pacman", "-Qu"])).stdout, "")
      const again = yield* manager.refresh("always")
      assert.deepStrictEqual(
        again.repositories.map(({ outcome }) => outcome),
        ["unchanged", "unchanged"],
      )

      const ordinary = yield* boxManager(box, "pacman", { user: "nobody" })
      assert.deepStrictEqual(verdicts((yield* ordinary.manager.updates).updates), { "lab-plain": "yes" })
      assert.deepStrictEqual(outcomes(yield* upgrade(manager)), { "lab-plain": "installed" })
      assert.strictEqual(yield* version(box, "lab-plain"), "1.1-1")
      yield* sh(box, `cmp ${live}/lab.db /srv/lab/lab/lab.db`)
      yield* sh(box, `cmp ${live}/lab.db.sig /srv/lab/lab/lab.db.sig`)
      assert.deepStrictEqual((yield* box.run(["pacman", "-Sy"])).exitCode, 0)
      const { updates, reasons } = yield* manager.updates
      assert.deepStrictEqual([updates, reasons], [[], []])
    }).pipe(Effect.scoped),
  )

  it.live("gives pacman its own databases back when nothing came of the upgrade", () =>
    Effect.gen(function* () {
      const { box, manager } = yield* behind(root)
      yield* manager.refresh("always")
      yield* sh(box, "rm /srv/lab/lab/lab-plain-1.1-1-any.pkg.tar.zst")
      const before = yield* liveDatabases(box)
      const report = yield* upgrade(manager)
      assert.deepStrictEqual(outcomes(report), { "lab-plain": "failed" })
      assert.match(messageOf(report, "lab-plain"), /^cannot be downloaded: .*lab-plain/)
      assert.strictEqual(yield* liveDatabases(box), before)
      assert.isFalse(yield* box.exists("/var/lib/pacman/db.lck"))
      assert.deepStrictEqual(verdicts((yield* manager.updates).updates), { "lab-plain": "yes" })
    }).pipe(Effect.scoped),
  )

  it.live("prefers pacman's own databases where the administrator has fetched newer ones", () =>
    Effect.gen(function* () {
      const { box, manager } = yield* behind(root)
      yield* manager.refresh("always")
      yield* sh(box, "mv /srv/lab/lab/lab-plain-* /srv")
      yield* Box.publish(box)
      yield* sh(box, "pacman -Sy")
      assert.deepStrictEqual((yield* manager.updates).updates, [])
      const refreshed = yield* manager.refresh("always")
      assert.deepStrictEqual(
        refreshed.repositories.map(({ outcome }) => outcome),
        ["unchanged", "unchanged"],
      )
    }).pipe(Effect.scoped),
  )

  it.live("says which repository failed and why, and keeps what it had of it", () =>
    Effect.gen(function* () {
      const { box, manager } = yield* behind(root)
      yield* manager.refresh("always")
      yield* sh(box, "mv /srv/lab/lab-extra /srv")
      const one = yield* manager.refresh("always")
      assert.isFalse(one.refreshed)
      assert.deepStrictEqual(
        one.repositories.map(({ repository, outcome }) => [repository, outcome]),
        [
          ["lab", "unchanged"],
          ["lab-extra", "failed"],
        ],
      )
      assert.match(one.repositories[1]?.message ?? "", /failed retrieving file 'lab-extra.db' from disk/)
      assert.deepStrictEqual(codes(one.reasons), ["repository_failed"])
      yield* sh(box, "mv /srv/lab-extra /srv/lab")

      yield* sh(box, "echo garbage >/srv/lab/lab/lab.db")
      const garbage = yield* manager.refresh("always")
      assert.deepStrictEqual(
        garbage.repositories.map(({ outcome }) => outcome),
        ["failed", "unchanged"],
      )
      assert.match(
        garbage.repositories[0]?.message ?? "",
        /^lab: signature from "LabOS archive .*" is invalid/,
      )
      const { updates, reasons } = yield* manager.updates
      assert.deepStrictEqual([verdicts(updates), reasons], [{ "lab-plain": "yes" }, []])

      yield* sh(box, "sed -i '/lab-extra/,$ s/^Server.*//' /etc/pacman.conf")
      const none = yield* manager.refresh("always")
      assert.deepStrictEqual(
        none.repositories.map(({ outcome }) => outcome),
        ["failed", "failed"],
      )
      assert.include(none.repositories[0]?.message ?? "", "no servers configured")
    }).pipe(Effect.scoped),
  )

  it.live("asks only when the policy says so, as root, and whoever holds pacman's lock", () =>
    Effect.gen(function* () {
      const { box, manager } = yield* behind(root)
      yield* box.run(["touch", "/var/lib/pacman/db.lck"])
      assert.isFalse((yield* manager.refresh({ if_older_than_seconds: 3600 })).refreshed)
      const ordinary = yield* boxManager(box, "pacman", { user: "nobody" })
      const error = yield* Effect.flip(ordinary.manager.refresh("always"))
      assert.strictEqual("reason" in error && error.reason, "needs_root")
      assert.isTrue((yield* manager.refresh("always")).refreshed)
      assert.isTrue(yield* box.exists("/var/lib/pacman/db.lck"))
    }).pipe(Effect.scoped),
  )

  it.live("a repository whose database has not changed for years is as young as the last answer", () =>
    Effect.gen(function* () {
      const { manager, daysAhead } = yield* behind(root)
      yield* daysAhead(30)
      assert.include(codes((yield* manager.updates).reasons), "index_stale")
      yield* manager.refresh("always")
      const { indexes, reasons } = yield* manager.updates
      assert.deepStrictEqual(reasons, [])
      assert.isTrue(indexes.every(({ ageSeconds = Infinity }) => ageSeconds < 60))
    }).pipe(Effect.scoped),
  )

  it.live("writes what ordinary users can read, whatever its umask", () =>
    Effect.gen(function* () {
      const { box } = yield* behind(root)
      const [node] = box.agentArgv([])
      const probe = "/opt/lab/checkout/test/system/managers/managerProbe.ts"
      const answer = yield* box.run(["bash", "-c", `umask 077; exec ${node} ${probe} pacman`], {
        stdin: '{"ask":"refresh","policy":"always"}\n',
      })
      assert.include(answer.stdout, '"refreshed":true')
      assert.strictEqual(
        yield* sh(box, "cd /var/cache/patchctl; stat -c %a . pacman pacman/sync pacman/sync/*.db"),
        "755\n755\n755\n644\n644\n",
      )
      assert.strictEqual(yield* sh(box, "ls /var/cache/patchctl/pacman"), "checked\nlocal\nsync\n")
    }).pipe(Effect.scoped),
  )

  it.live("an upgrade is not begun, and pacman's databases stay, while another program holds the lock", () =>
    Effect.gen(function* () {
      const { box, manager } = yield* behind(root)
      yield* manager.refresh("always")
      const { plan } = yield* manager.plan(all)
      const before = yield* liveDatabases(box)
      // Nobody has it open, so there is nobody to wait for.
      yield* box.run(["touch", "/var/lib/pacman/db.lck"])
      const report = yield* apply(manager, plan)
      assert.deepStrictEqual(outcomes(report), { "lab-plain": "unchanged" })
      assert.deepStrictEqual(codes(report.preflight), ["locked"])
      assert.include(report.preflight[0]?.detail ?? "", "no program has it open")
      assert.isTrue(yield* box.exists("/var/lib/pacman/db.lck"))
      assert.strictEqual(yield* liveDatabases(box), before)
    }).pipe(Effect.scoped),
  )
})
