import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import type { AvailableUpdate } from "../../../src/domain/Update.ts"
import { parseSimulation } from "../../../src/package-manager/apt/aptSimulation.ts"
import { collectUpdates } from "../../../src/package-manager/apt/collectUpdates.ts"
import { when } from "../../fakes/FakeSubprocess.ts"
import { commands, recorded, recordedHost } from "./recordedHost.ts"

const names = (updates: ReadonlyArray<AvailableUpdate>, reason?: string): ReadonlyArray<string> =>
  updates
    .filter(({ installable }) =>
      installable.answer === "yes" ? reason === undefined : installable.reason === reason,
    )
    .map(({ name }) => name)
    .toSorted()

const simulated = (host: Parameters<typeof recorded>[0], file: string): ReadonlyArray<string> =>
  parseSimulation(recorded(host, file))
    .installs.filter(({ from }) => from !== undefined)
    .map(({ name }) => name)
    .toSorted()

const byName = (updates: ReadonlyArray<AvailableUpdate>, name: string) =>
  updates.find((row) => row.name === name)

describe.each(["debian-11-lab", "debian-12-lab", "debian-13-lab"] as const)(
  "collectUpdates on %s",
  (host) => {
    const listing = Effect.flatMap(recordedHost(host), ({ dependencies }) => collectUpdates(dependencies))

    it.effect("offers exactly what apt-get upgrade would install", () =>
      Effect.gen(function* () {
        const { updates, reasons } = yield* listing
        assert.deepStrictEqual(reasons, [])
        assert.deepStrictEqual(names(updates), simulated(host, "apt-get-upgrade.stdout"))
      }),
    )

    it.effect("explains every other update", () =>
      Effect.gen(function* () {
        const { updates } = yield* listing
        assert.deepStrictEqual(names(updates, "held"), ["lab-held"])
        assert.deepStrictEqual(names(updates, "pinned"), ["lab-pinned"])
        assert.deepStrictEqual(names(updates, "phased"), ["lab-phased"])
        assert.deepStrictEqual(names(updates, "needs_new_dependency"), ["lab-newdep"])
        assert.deepStrictEqual(names(updates, "needs_removal"), ["lab-conflict"])
        assert.deepStrictEqual(names(updates, "conflict"), ["lab-unsat"])
      }),
    )

    it.effect("lists everything that apt-get dist-upgrade would upgrade", () =>
      Effect.gen(function* () {
        const { updates } = yield* listing
        const listed = new Set(updates.map(({ name }): string => name))
        const missing = simulated(host, "apt-get-dist-upgrade.stdout").filter((name) => !listed.has(name))
        assert.deepStrictEqual(missing, [])
      }),
    )

    it.effect("finds the security fix that a newer feature update hides", () =>
      Effect.gen(function* () {
        const hidden = byName((yield* listing).updates, "lab-hidden")
        assert.deepStrictEqual(
          [hidden?.to, hidden?.security],
          [
            "2.0-1",
            { verdict: "yes", evidence: [{ kind: "label", value: "LabOS-Security" }], fixedIn: "1.0-1+sec1" },
          ],
        )
      }),
    )

    it.effect("tells security from other updates, and names all origins of a version", () =>
      Effect.gen(function* () {
        const { updates } = yield* listing
        assert.strictEqual(byName(updates, "lab-plain")?.security.verdict, "no")
        assert.strictEqual(byName(updates, "lab-secfix")?.security.verdict, "yes")
        const both = byName(updates, "lab-both")
        assert.strictEqual(both?.security.verdict, "yes")
        assert.deepStrictEqual(both?.origins, [
          {
            id: "copy:/srv/lab lab-updates/main",
            origin: "LabOS",
            label: "LabOS",
            suite: "stable-updates",
            codename: "lab-updates",
          },
          {
            id: "copy:/srv/lab lab-security/main",
            origin: "LabOS",
            label: "LabOS-Security",
            suite: "stable-security",
            codename: "lab-security",
          },
        ])
      }),
    )

    it.effect("gives the roll-out percentage of a phased update", () =>
      Effect.gen(function* () {
        const { installable } = byName((yield* listing).updates, "lab-phased") ?? {}
        assert.strictEqual(installable?.answer === "no" ? installable.phasedPercent : undefined, 0)
      }),
    )
  },
)

describe("collectUpdates", () => {
  it.effect("asks the planner once where nothing is new and nothing kept back", () =>
    Effect.gen(function* () {
      const { calls, dependencies } = yield* recordedHost("debian-12-real")
      const { updates, reasons } = yield* collectUpdates(dependencies)
      assert.deepStrictEqual(reasons, [])
      assert.deepStrictEqual(names(updates), simulated("debian-12-real", "apt-get-dist-upgrade.stdout"))
      assert.isTrue(updates.every(({ security }) => security.verdict === "yes"))
      assert.deepStrictEqual(
        commands(calls).filter((command) => command.includes("upgrade")),
        ["apt-get --print-uris upgrade --with-new-pkgs"],
      )
    }),
  )

  it.effect("does not plan at all when nothing is newer", () =>
    Effect.gen(function* () {
      const table = recorded("debian-12-real", "dpkg-query.stdout")
        .trim()
        .split("\n")
        .map((line) => line.split("\t"))
        .map(
          ([, name, version]) =>
            `${name}:\n  Installed: ${version}\n  Candidate: ${version}\n  Version table:\n *** ${version} 100\n        100 /var/lib/dpkg/status\n`,
        )
        .join("")
      const { calls, dependencies } = yield* recordedHost("debian-12-real", {
        responders: [when("apt-cache policy", table)],
      })
      const { updates, reasons } = yield* collectUpdates(dependencies)
      assert.deepStrictEqual([updates, reasons], [[], []])
      assert.isFalse(commands(calls).some((command) => command.includes("upgrade")))
    }),
  )

  it.effect("asks by name about what dist-upgrade keeps back, since apt 3.3 removes nothing unasked", () =>
    Effect.gen(function* () {
      const uri =
        "'copy:/srv/lab/pool/updates/lab-unsat_1.1-1_all.deb' lab-unsat_1.1-1_all.deb 700 MD5Sum:0\n"
      const { dependencies } = yield* recordedHost("debian-12-lab", {
        responders: [when("apt-get --print-uris --only-upgrade install lab-unsat:all=1.1-1", uri)],
      })
      const { updates } = yield* collectUpdates(dependencies)
      const found = updates.find(({ name }) => name === "lab-unsat")?.installable
      assert.deepInclude(found, { answer: "no", reason: "needs_removal" })
    }),
  )

  it.effect("keeps the listing when apt refuses to plan, and says so", () =>
    Effect.gen(function* () {
      const refusal = {
        exitCode: 100,
        stderr:
          "E: Unmet dependencies. Try 'apt --fix-broken install' with no packages (or specify a solution).\n",
      }
      const { dependencies } = yield* recordedHost("debian-12-lab", {
        responders: [when("apt-get --print-uris upgrade", refusal)],
      })
      const { updates, reasons } = yield* collectUpdates(dependencies)
      assert.deepStrictEqual(
        reasons.map(({ code }) => code),
        ["collector_failed"],
      )
      assert.deepStrictEqual(names(updates, "held"), ["lab-held"])
      assert.include(names(updates, "blocked_by_manager"), "lab-plain")
      assert.deepStrictEqual(names(updates), [])
    }),
  )

  it.effect("is partial when apt-cache leaves packages out or says something else", () =>
    Effect.gen(function* () {
      const { dependencies } = yield* recordedHost("debian-12-real", {
        responders: [when("apt-cache policy", "adduser:\n  Installed: 3.134\n  Kandidat: 3.134\n")],
      })
      const { reasons } = yield* collectUpdates(dependencies)
      assert.deepStrictEqual(
        reasons.map(({ code, count }) => [code, count]),
        [
          ["lines_not_understood", 1],
          ["collector_failed", undefined],
        ],
      )
    }),
  )

  it.effect("never claims zero updates without package lists", () =>
    Effect.gen(function* () {
      const { dependencies } = yield* recordedHost("debian-12-real", { files: {} })
      const { indexes, reasons } = yield* collectUpdates(dependencies)
      assert.deepStrictEqual(
        reasons.map(({ code }) => code),
        ["index_missing", "index_missing", "index_missing"],
      )
      assert.deepStrictEqual(
        indexes.map(({ ageSeconds }) => ageSeconds),
        [undefined, undefined, undefined],
      )
    }),
  )

  it.effect("fails when the package database is lost", () =>
    Effect.gen(function* () {
      const { dependencies } = yield* recordedHost("debian-12-real", {
        responders: [when("dpkg-query --show", "")],
      })
      const error = yield* Effect.flip(collectUpdates(dependencies))
      assert.strictEqual(error.reason, "database_damaged")
    }),
  )
})
