import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { collectHealth } from "../../../src/package-manager/dnf/collectHealth.ts"
import { when } from "../../fakes/FakeSubprocess.ts"
import { recorded, recordedDnf } from "./recordedDnf.ts"

const health = (changes: Parameters<typeof recordedDnf>[1] = {}) =>
  Effect.flatMap(recordedDnf("dnf-4.23", changes), ({ dependencies }) => collectHealth(dependencies))

const damagedDatabase = when("rpmdb --verifydb", { exitCode: 1, stderr: "error: malformed\n" })

describe("collectHealth", () => {
  it.effect("finds nothing wrong with a sound host", () =>
    Effect.gen(function* () {
      const found = yield* health()
      assert.deepStrictEqual([found.faults, found.locks, found.damage], [[], [], undefined])
      assert.lengthOf(found.indexes, 2)
    }),
  )

  it.effect("tells a package in two versions, a lost database and a damaged one", () =>
    Effect.gen(function* () {
      const twice = `${recorded("dnf-4.23", "rpm.stdout")}lab-plain\t0\t1.1\t1\tnoarch\tlab-plain-1.1-1.src.rpm\t(none)\n`
      const responders = [when("rpm --query --all", twice), when("--whatprovides", "")]
      assert.deepStrictEqual(
        (yield* health({ responders })).faults.map(({ name, version, state }) => [name, version, state]),
        [["lab-plain", "1.0-1", "duplicate"]],
      )
      const lost = yield* health({ responders: [when("rpm --query --all", ""), damagedDatabase] })
      assert.strictEqual(
        lost.damage,
        "the rpm database records no package\nrpmdb --verifydb: error: malformed; rpmdb --rebuilddb may mend it",
      )
    }),
  )

  it.effect(
    "does not call a database damaged that another program writes to, or that a user may not open",
    () =>
      Effect.gen(function* () {
        const files = {
          "/var/lib/dnf/rpmdb_lock.pid": "42",
          "/proc/42/stat": "42 (dnf) S 1 42 42 0 -1 4194560 1 0 0 0 0 0 0 0 20 0 1 0 100",
          "/proc/42/comm": "dnf\n",
        }
        const busy = yield* health({ files, responders: [damagedDatabase] })
        assert.deepStrictEqual([busy.locks.map(({ pid }) => pid), busy.damage], [[42], undefined])
        const user = yield* health({ isRoot: false, responders: [damagedDatabase] })
        assert.deepStrictEqual([user.damage, user.indexes], [undefined, []])
      }),
  )
})
