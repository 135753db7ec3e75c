import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { collectUpdates } from "../../../src/package-manager/dnf/collectUpdates.ts"
import type { UpdateListing } from "../../../src/package-manager/PackageManager.ts"
import { when } from "../../fakes/FakeSubprocess.ts"
import { recordedDnf, type RecordedDnf } from "./recordedDnf.ts"

const hosts: ReadonlyArray<RecordedDnf> = ["dnf-4.5", "dnf-4.23", "dnf5-5.4"]

const listing = (host: RecordedDnf, changes: Parameters<typeof recordedDnf>[1] = {}) =>
  Effect.flatMap(recordedDnf(host, changes), ({ dependencies }) => collectUpdates(dependencies))

const update = ({ updates }: UpdateListing, name: string) =>
  updates.find((row) => row.name === name) ?? assert.fail(`no update of ${name}`)

const withheld = ({ updates }: UpdateListing): Record<string, string> =>
  Object.fromEntries(
    updates.flatMap(({ name, installable }) =>
      installable.answer === "no" ? [[name, installable.reason]] : [],
    ),
  )

const verdicts = ({ updates }: UpdateListing, verdict: string) =>
  updates.flatMap(({ name, security }) => (security.verdict === verdict ? [name as string] : [])).toSorted()

const codes = ({ reasons }: UpdateListing) => reasons.map(({ code }) => code)

describe.each(hosts)("collectUpdates on %s", (host) => {
  it.effect("lists every newer version, hidden or not, each with what dnf would do about it", () =>
    Effect.gen(function* () {
      const found = yield* listing(host)
      assert.deepStrictEqual(found.reasons, [])
      assert.lengthOf(found.updates, 24)
      assert.deepStrictEqual(withheld(found), {
        innocent1: "held",
        "lab-epoch": "held",
        ...(host === "dnf-4.5" ? {} : { "lab-held": "held" }),
        "lab-conflict": "needs_removal",
        "lab-newdep": "needs_new_dependency",
        "lab-unsat": "conflict",
      })
      assert.deepInclude<unknown>(update(found, "lab-epoch"), { from: "1:1.0-1", to: "1:1.1-1" })
      assert.deepInclude<unknown>(update(found, "innocent4"), {
        origins: [{ id: "lab-extras" }],
        downloadBytes: 5590,
      })
    }),
  )

  it.effect("leaves out what a repository has of which only other packages are taken", () =>
    Effect.gen(function* () {
      const { updates } = yield* listing(host)
      assert.isFalse(updates.some(({ name }) => name === "innocent5"))
    }),
  )

  it.effect("judges security by the type of advisories for exactly these versions", () =>
    Effect.gen(function* () {
      const found = yield* listing(host)
      assert.deepStrictEqual(verdicts(found, "yes"), [
        "kernel",
        "kernel-core",
        "lab-hidden",
        "lab-nocve",
        "lab-secfix",
      ])
      // lab-extras publishes none; dnf lists none for a package that changes its architecture or its name
      assert.deepStrictEqual(verdicts(found, "unknown"), ["innocent4", "lab-archchange", "lab-new"])
      assert.deepStrictEqual<unknown>(update(found, "lab-secfix").security.evidence, [
        {
          kind: "advisory",
          value: "LABSA-2099:0001",
          severity: "Important",
          advisory: "security",
          cves: ["CVE-2099-0001", "CVE-2099-0002"],
        },
      ])
      assert.deepStrictEqual<unknown>(update(found, "lab-nocve").security.evidence, [
        { kind: "advisory", value: "LABSA-2099:0003", severity: "Moderate", advisory: "security" },
      ])
      assert.deepStrictEqual<unknown>(update(found, "lab-plain").security, {
        verdict: "no",
        evidence: [{ kind: "advisory", value: "LABBA-2099:0001", advisory: "bugfix" }],
      })
    }),
  )

  it.effect("finds the fix that a newer version hides", () =>
    Effect.gen(function* () {
      const { to, security } = update(yield* listing(host), "lab-hidden")
      assert.deepStrictEqual<unknown>([to, security.fixedIn], ["2.0-1", "1.1-1"])
      assert.deepStrictEqual(
        security.evidence.map(({ value }) => value),
        ["LABSA-2099:0002", "LABEA-2099:0001"],
      )
    }),
  )

  it.effect("offers a newer kernel beside the present ones, starting from the newest", () =>
    Effect.gen(function* () {
      const { updates } = yield* listing(host)
      assert.deepStrictEqual<unknown>(
        updates
          .filter(({ name }) => name === "kernel-core")
          .map(({ from, to, installable }) => [from, to, installable.answer]),
        [["6.1.2-1", "6.1.3-1", "yes"]],
      )
    }),
  )

  it.effect("lists a package that takes the place of another, from whose version it starts", () =>
    Effect.gen(function* () {
      const found = yield* listing(host)
      assert.deepInclude<unknown>(update(found, "lab-new"), {
        from: "1.0-1",
        to: "1.1-1",
        origins: [{ id: "lab" }],
        installable: { answer: "yes" },
      })
      assert.isFalse(found.updates.some(({ name }) => name === "lab-old"))
    }),
  )

  it.effect("downloads nothing", () =>
    Effect.gen(function* () {
      const { dependencies, calls } = yield* recordedDnf(host)
      yield* collectUpdates(dependencies)
      const asked = calls.filter(({ program, args }) => program !== "rpm" && !args.includes("--version"))
      assert.isAbove(asked.length, 5)
      assert.isTrue(asked.every(({ args }) => args[0] === "--cacheonly"))
    }),
  )

  it.effect("says so when dnf plans nothing at all, and still lists what there is", () =>
    Effect.gen(function* () {
      const refusal = { exitCode: 1, stderr: "Error: Unable to read version lock configuration\n" }
      const found = yield* listing(host, {
        responders: [when("--assumeno --setopt=best=False upgrade", refusal)],
      })
      assert.deepStrictEqual(codes(found), ["collector_failed"])
      assert.strictEqual(withheld(found)["lab-plain"], "blocked_by_manager")
      assert.strictEqual(withheld(found)["lab-epoch"], "held")
    }),
  )

  it.effect("knows nothing about security when the advisories cannot be listed", () =>
    Effect.gen(function* () {
      const failing = { exitCode: 1, stderr: "Error: no such command\n" }
      const responders = [when("updateinfo list", failing), when("advisory list", failing)]
      const found = yield* listing(host, { responders })
      assert.deepStrictEqual(codes(found), ["collector_failed"])
      assert.lengthOf(verdicts(found, "unknown"), 24)
    }),
  )
})

describe("collectUpdates", () => {
  it.effect("asks nothing more where nothing is pending", () =>
    Effect.gen(function* () {
      const responders = [
        when("--assumeno --setopt=best=False upgrade", "Dependencies resolved.\nNothing to do.\nComplete!\n"),
        when("repoquery --upgrades", ""),
      ]
      const { dependencies, calls } = yield* recordedDnf("dnf-4.23", { responders })
      const found = yield* collectUpdates(dependencies)
      assert.deepStrictEqual([found.updates, found.reasons], [[], []])
      // version, repositories, rpm, plan, what is newer
      assert.lengthOf(calls, 5)
    }),
  )

  it.effect("lists nothing without metadata, and says why", () =>
    Effect.gen(function* () {
      const cold = {
        stdout: "DNF version: 4.23.0\nTotal packages: 0\n",
        stderr: "Ignoring repositories: lab, lab-extras\n",
      }
      const { dependencies, calls } = yield* recordedDnf("dnf-4.23", { responders: [when("repolist", cold)] })
      const found = yield* collectUpdates(dependencies)
      assert.deepStrictEqual([found.updates, codes(found)], [[], ["index_missing", "index_missing"]])
      assert.lengthOf(calls, 2)
    }),
  )

  it.effect("calls a version of a repository with less priority pinned, which dnf does not consider", () =>
    Effect.gen(function* () {
      const table = "Dependencies resolved.\nNothing to do.\nComplete!\n"
      const responders = [
        when("--assumeno --setopt=best=False upgrade", table),
        when("--assumeno upgrade --best --allowerasing", table),
        when("repoquery --upgrades", "lab-plain|0|1.1|1|noarch|lab|5590\n"),
      ]
      assert.deepStrictEqual(withheld(yield* listing("dnf-4.5", { responders })), { "lab-plain": "pinned" })
    }),
  )

  it.effect("is root's to ask, whose cache is the system's", () =>
    Effect.gen(function* () {
      const { dependencies, calls } = yield* recordedDnf("dnf5-5.4", { isRoot: false })
      const error = yield* Effect.flip(collectUpdates(dependencies))
      assert.strictEqual(error.reason, "needs_root")
      assert.lengthOf(calls, 0)
    }),
  )
})
