import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Box from "./lab/Box.ts"
import { labRoots, plan, status } from "./lab/labState.ts"
import {
  codes,
  decodeScan,
  failure,
  installable,
  prepare,
  read,
  simulated,
  sound,
  withheld,
} from "./readApt.ts"

// What the apt backend reads, against real apt and dpkg in a throw-away machine.

describe.each(labRoots)("%s: reading", (root) => {
  it.live("every pending update, each with what apt would do and why", () =>
    Effect.gen(function* () {
      const box = yield* Box.make(root)
      yield* prepare(box)
      const answer = yield* read(box)
      const { updates, reasons, indexes } = sound(answer.updates)
      assert.deepStrictEqual(reasons, [])
      assert.deepStrictEqual(installable(updates), yield* simulated(box, "upgrade"))
      assert.deepStrictEqual(withheld(updates), {
        "lab-conflict": "needs_removal",
        "lab-held": "held",
        "lab-newdep": "needs_new_dependency",
        "lab-phased": "phased",
        "lab-pinned": "pinned",
        "lab-unsat": "conflict",
      })
      const listed = new Set(updates.map(({ name }): string => name))
      assert.deepStrictEqual(
        (yield* simulated(box, "dist-upgrade")).filter((name) => !listed.has(name)),
        [],
      )
      assert.deepStrictEqual(
        updates
          .filter(({ security }) => security.verdict === "yes")
          .map(({ name }): string => name)
          .toSorted(),
        ["lab-both", "lab-cve", "lab-hidden", "lab-secfix", "linux-image-lab"],
      )
      const hidden = updates.find(({ name }) => name === "lab-hidden")
      assert.deepStrictEqual<unknown>([hidden?.to, hidden?.security.fixedIn], ["2.0-1", "1.0-1+sec1"])
      assert.isTrue(indexes.length === 3 && indexes.every(({ ageSeconds }) => ageSeconds !== undefined))
    }),
  )

  it.live(
    "the same packages that dpkg counts, and the same answers for an ordinary user in another language",
    () =>
      Effect.gen(function* () {
        const box = yield* Box.make(root)
        yield* prepare(box)
        const answer = yield* read(box)
        const { packages, faults } = sound(answer.inventory)
        const { stdout } = yield* box.run(["dpkg-query", "-W", "-f", "${db:Status-Abbrev}\n"])
        assert.strictEqual(packages.length, stdout.match(/^[hi]i/gm)?.length)
        assert.strictEqual(yield* status(box, "lab-rc"), "rc")
        assert.deepStrictEqual(faults, [])
        const env = { LC_ALL: "ja_JP.UTF-8", LANGUAGE: "es:ja:ru", LANG: "ru_RU.UTF-8" }
        const unprivileged = yield* read(box, { user: "nobody", env })
        assert.deepStrictEqual(unprivileged.inventory, answer.inventory)
        assert.deepStrictEqual(sound(unprivileged.updates).updates, sound(answer.updates).updates)
        assert.deepStrictEqual(unprivileged.described, answer.described)
      }),
  )

  it.live("what is known of packages, and which names nobody knows", () =>
    Effect.gen(function* () {
      const box = yield* Box.make(root)
      yield* prepare(box)
      const { packages, unknown } = sound((yield* read(box)).described)
      assert.deepStrictEqual<unknown>(unknown, ["no.such"])
      const about = (name: string) => packages.find((info) => info.name === name)
      assert.deepInclude<unknown>(about("lab-sourced"), {
        candidate: "1.1-1",
        source: "lab-source",
        section: "misc",
        summary: "awkward package of the lab",
        installedSizeBytes: 10_240,
      })
      assert.deepStrictEqual(
        ["lab-autodep", "lab-sourced"].map((name) => about(name)?.installed[0]?.automatic),
        [true, false],
      )
      assert.strictEqual(about("lab-held")?.installed[0]?.held, true)
      assert.deepStrictEqual(
        [about("lab-newdep-lib")?.installed, about("lab-newdep-lib")?.available.length],
        [[], 1],
      )
    }),
  )

  it.live("a phased update as due where apt does not phase: without a machine id", () =>
    Effect.gen(function* () {
      const box = yield* Box.make(root)
      yield* box.writeFile("/etc/machine-id", "")
      const { updates } = sound((yield* read(box)).updates)
      assert.deepStrictEqual(installable(updates), yield* simulated(box, "upgrade"))
      const inPlan = (yield* plan(box)).has("lab-phased")
      assert.strictEqual(withheld(updates)["lab-phased"], inPlan ? undefined : "phased")
    }),
  )

  it.live("never zero updates where the lists, the sources or the database are lost", () =>
    Effect.gen(function* () {
      const box = yield* Box.make(root)
      const sources = yield* box.readFile("/etc/apt/sources.list")
      yield* box.writeFile("/etc/apt/sources.list", "")
      assert.deepStrictEqual(codes(sound((yield* read(box)).updates).reasons), ["index_missing"])
      yield* box.writeFile("/etc/apt/sources.list", sources)
      yield* box.run(["rm", "/var/lib/apt/lists/_srv_lab_dists_lab-updates_main_binary-amd64_Packages"])
      assert.deepStrictEqual(codes(sound((yield* read(box)).updates).reasons), ["index_missing"])
      yield* box.run(["find", "/var/lib/apt/lists", "-type", "f", "-delete"])
      const bare = sound((yield* read(box)).updates)
      assert.deepStrictEqual(
        [bare.updates, codes(bare.reasons)],
        [[], ["index_missing", "index_missing", "index_missing"]],
      )

      const database = yield* box.readFile("/var/lib/dpkg/status")
      yield* box.writeFile("/var/lib/dpkg/status", `${database}\ngarbage\n`)
      assert.strictEqual(failure((yield* read(box)).inventory), "database_damaged")
      yield* box.writeFile("/var/lib/dpkg/status", "")
      const lost = yield* read(box)
      assert.deepStrictEqual(
        [failure(lost.inventory), failure(lost.updates)],
        ["database_damaged", "database_damaged"],
      )
      assert.include(
        sound(lost.health).damage ?? "",
        "/var/lib/dpkg/status is missing or records no installed package",
      )
    }),
  )
})

describe("bookworm-real: reading", () => {
  it.live("the security updates that are really pending, and the scan says the same", () =>
    Effect.gen(function* () {
      const box = yield* Box.make("bookworm-real")
      const { updates, reasons } = sound((yield* read(box)).updates)
      const pending = yield* simulated(box, "dist-upgrade")
      assert.deepStrictEqual(reasons, [])
      assert.isAbove(pending.length, 0)
      assert.deepStrictEqual(installable(updates), pending)
      assert.deepStrictEqual([...new Set(updates.map(({ security }) => security.verdict))], ["yes"])
      const scan = yield* box.agent(["scan", "--json"], { user: "nobody" })
      const { completeness, packages, updates: scanned } = yield* decodeScan(scan.stdout)
      const { stdout } = yield* box.run(["dpkg-query", "-W", "-f", "${db:Status-Abbrev}\n"])
      assert.deepStrictEqual([scan.exitCode, completeness.verdict], [0, "complete"])
      assert.strictEqual(packages.length, stdout.match(/^[hi]i/gm)?.length)
      assert.deepStrictEqual(installable(scanned), pending)
    }),
  )
})
