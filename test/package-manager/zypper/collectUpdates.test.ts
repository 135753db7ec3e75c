import { assert, describe, it } from "@effect/vitest"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import type { AvailableUpdate } from "../../../src/domain/Update.ts"
import { collectUpdates } from "../../../src/package-manager/zypper/collectUpdates.ts"
import { SubprocessError } from "../../../src/host/Subprocess.ts"
import {
  answerOf,
  commands,
  indexFiles,
  raw,
  recordedAt,
  recordedZypper,
  type Version,
  versions,
  zypper,
} from "./recordedZypper.ts"

const listing = (version: Version, changes?: Parameters<typeof recordedZypper>[1]) =>
  Effect.flatMap(recordedZypper(version, changes), ({ dependencies }) => collectUpdates(dependencies))

const verdicts = (updates: ReadonlyArray<AvailableUpdate>) =>
  Object.fromEntries(
    updates.map(({ name, installable }) => [name, installable.answer === "yes" ? "yes" : installable.reason]),
  )

const codes = (rows: ReadonlyArray<{ readonly code: string }>) => rows.map(({ code }) => code)

describe.each(versions)("the updates that zypper %s knows of", (version) => {
  it.effect("are all listed, those it hides with the reason", () =>
    Effect.gen(function* () {
      const { updates, reasons, indexes } = yield* listing(version)
      const replacing = updates.find(({ name }) => name === "lab-new")
      assert.deepStrictEqual([replacing?.from, replacing?.to].map(String), ["1.0-1", "1.1-1"])
      assert.deepStrictEqual(reasons, [])
      assert.deepStrictEqual(verdicts(updates), {
        innocent4: "yes",
        "lab-archchange": "yes",
        "lab-epoch": "yes",
        "lab-failpost": "yes",
        "lab-failpre": "yes",
        "lab-hidden": "yes",
        "lab-newdep": "needs_new_dependency",
        "lab-plain": "yes",
        "lab-secfix": "yes",
        "lab-new": "yes",
        kernel: "yes",
        "kernel-core": "yes",
        "lab-conflict": "needs_removal",
        "lab-held": "held",
        "lab-unsat": "conflict",
      })
      assert.deepStrictEqual(
        indexes.map(({ repository, ageSeconds }) => [repository, ageSeconds]),
        [
          ["lab", 3600],
          ["lab-extras", 3600],
        ],
      )
    }),
  )

  it.effect("are judged by the patches, and not at all where a repository has none", () =>
    Effect.gen(function* () {
      const { updates } = yield* listing(version)
      const security = (name: string) => updates.find((row) => row.name === name)?.security
      assert.deepStrictEqual(security("lab-secfix"), {
        verdict: "yes",
        evidence: [
          {
            kind: "advisory",
            value: "LABSA-2099:0001",
            severity: "important",
            advisory: "security",
            cves: ["CVE-2099-0001", "CVE-2099-0002"],
          },
        ],
      })
      assert.deepStrictEqual(
        security("lab-hidden")?.evidence.map(({ value, advisory }) => `${value} ${advisory}`),
        ["LABEA-2099:0001 enhancement", "LABSA-2099:0002 security"],
      )
      assert.strictEqual(String(security("lab-hidden")?.fixedIn), "1.1-1")
      assert.strictEqual(security("kernel")?.verdict, "yes")
      assert.strictEqual(security("lab-plain")?.verdict, "no")
      assert.strictEqual(security("innocent4")?.verdict, "unknown")
    }),
  )

  it.effect("wait for the package manager's own, where that can be installed", () =>
    Effect.gen(function* () {
      const special = `${raw}/lab-special/repodata/repomd.xml`
      const plan = zypper("update --dry-run", answerOf(version, "update-blocked.xml"))
      const changes = {
        files: { ...indexFiles, [special]: { text: "<repomd/>" } },
        responders: [
          zypper("repos", answerOf(version, "repos-blocked.xml")),
          zypper("list-updates", answerOf(version, "list-updates-all-blocked.xml")),
          zypper("list-patches", answerOf(version, "list-patches-blocked.xml")),
          zypper("info patch", answerOf(version, "info-patch-blocked.xml")),
        ],
      }
      const { updates } = yield* listing(version, { ...changes, responders: [plan, ...changes.responders] })
      const found = verdicts(updates)
      assert.deepStrictEqual(
        [
          found["lab-pkgmgr"],
          found["lab-plain"],
          found["lab-reboot"],
          found["lab-held"],
          found["lab-newdep"],
        ],
        ["yes", "blocked_by_manager", "blocked_by_manager", "held", "blocked_by_manager"],
      )
      const evidence = updates.flatMap(({ security }) => security.evidence)
      assert.includeMembers(
        evidence.map(({ restart }) => restart),
        ["package_manager", "reboot"],
      )
      // A patch that nothing can be installed for keeps nobody waiting.
      const refused = zypper("install --dry-run", answerOf(version, "install-unsat.xml"))
      const alone = yield* listing(version, { ...changes, responders: [refused, ...changes.responders] })
      assert.strictEqual(verdicts(alone.updates)["lab-plain"], "yes")
      assert.strictEqual(verdicts(alone.updates)["lab-pkgmgr"], "conflict")
    }),
  )
})

describe("a listing of updates", () => {
  it.effect("takes as few questions as it can, none of which locks or refreshes anything", () =>
    Effect.gen(function* () {
      const { dependencies, calls } = yield* recordedZypper("1.14.101")
      yield* collectUpdates(dependencies)
      assert.deepStrictEqual(commands(calls).toSorted(), [
        "rpm %{NAME}\\t%{EPOCHNUM}\\t%{VERSION}\\t%{RELEASE}\\t%{ARCH}\\t%{SOURCERPM}\\t%{MODULARITYLABEL}\\t%{VENDOR}\\n",
        "zypper info",
        "zypper info",
        "zypper install",
        "zypper install",
        "zypper install",
        "zypper list-patches",
        "zypper list-updates",
        "zypper repos",
        "zypper search",
        "zypper search",
        "zypper update",
      ])
      for (const { program, args, env } of calls.filter((call) => call.program === "zypper")) {
        assert.strictEqual(env?.["ZYPP_READONLY_HACK"], "1", program)
        assert.include(args, "--no-refresh")
        assert.isTrue(
          !["install", "update"].some((word) => args.includes(word)) || args.includes("--dry-run"),
        )
      }
    }),
  )

  it.effect("is never complete with an index that is missing, and does not have it downloaded", () =>
    Effect.gen(function* () {
      const [path = "", file] = Object.entries(indexFiles)[0] ?? []
      const { dependencies, calls } = yield* recordedZypper("1.14.101", {
        files: file === undefined ? {} : { [path]: file },
      })
      const { reasons, indexes } = yield* collectUpdates(dependencies)
      assert.deepStrictEqual(codes(reasons), ["index_missing"])
      assert.deepStrictEqual(
        indexes.map(({ ageSeconds }) => ageSeconds),
        [3600, undefined],
      )
      const questions = calls.filter(({ program, args }) => program === "zypper" && !args.includes("repos"))
      for (const { args } of questions) assert.include(args.join(" "), "--repo lab")

      const none = yield* recordedZypper("1.14.101", { files: {} })
      const nothing = yield* collectUpdates(none.dependencies)
      assert.deepStrictEqual(codes(nothing.reasons), ["index_missing", "index_missing"])
      assert.deepStrictEqual(
        commands(none.calls).filter((line) => line.startsWith("zypper")),
        ["zypper repos"],
      )
    }),
  )

  it.effect(
    "is never complete with an index that is old: since its head was touched, or its folder replaced",
    () =>
      Effect.gen(function* () {
        const old = DateTime.subtract(recordedAt, { days: 30 })
        const aged = (touched: DateTime.Utc, replaced: DateTime.Utc) => ({
          ...indexFiles,
          [`${raw}/lab/repodata/repomd.xml`]: { text: "<repomd/>", changedAt: touched },
          [`${raw}/lab/repodata`]: { text: "", changedAt: replaced },
        })
        assert.deepStrictEqual(codes((yield* listing("1.14.101", { files: aged(old, old) })).reasons), [
          "index_stale",
        ])
        const touched = yield* listing("1.14.101", { files: aged(recordedAt, old) })
        const replaced = yield* listing("1.14.101", { files: aged(old, recordedAt) })
        assert.deepStrictEqual([touched.reasons, replaced.reasons], [[], []])
      }),
  )

  it.effect("is never complete without repositories", () =>
    Effect.gen(function* () {
      const responders = [zypper("repos", answerOf("1.14.101", "no-repositories.xml"))]
      const { updates, reasons } = yield* listing("1.14.101", { responders })
      assert.deepStrictEqual([updates, codes(reasons)], [[], ["index_missing"]])
    }),
  )

  it.effect("is never complete when zypper left a repository out, which it names once", () =>
    Effect.gen(function* () {
      for (const version of versions) {
        const skipped = answerOf(version, "list-updates-skipped.xml")
        const responders = [zypper("list-updates", skipped), zypper("list-patches", skipped)]
        const { reasons } = yield* listing(version, { responders })
        assert.deepStrictEqual(codes(reasons), ["repository_failed"])
        assert.match(reasons[0]?.detail ?? "", /^LabOS 9 - lab-extras: Error building the cache: .*primary/)
      }
      const silent = [
        zypper("list-updates", { exitCode: 106, stdout: "<?xml version='1.0'?><stream></stream>" }),
      ]
      const { reasons } = yield* listing("1.14.101", { responders: silent })
      assert.include(codes(reasons), "repository_failed")
    }),
  )

  it.effect("fails when zypper does, and says who holds the lock", () =>
    Effect.gen(function* () {
      for (const version of versions) {
        const responders = [zypper("list-updates", answerOf(version, "locked.xml"))]
        const error = yield* Effect.flip(listing(version, { responders }))
        assert.strictEqual(error.reason, "locked")
        assert.strictEqual(error.holder?.program, "zypper")
        assert.isNumber(error.holder?.pid)
      }
      const gone = new SubprocessError({ program: "zypper", reason: "not_found" })
      const error = yield* Effect.flip(listing("1.14.101", { responders: [zypper("repos", gone)] }))
      assert.strictEqual(error.reason, "not_available")
    }),
  )

  it.effect("blocks everything where zypper makes no plan", () =>
    Effect.gen(function* () {
      const responders = [zypper("update", answerOf("1.14.101", "install-unsat.xml"))]
      const { updates, reasons } = yield* listing("1.14.101", { responders })
      assert.deepStrictEqual(codes(reasons), ["collector_failed"])
      assert.match(reasons[0]?.detail ?? "", /^zypper cannot plan updates: nothing provides/)
      assert.strictEqual(verdicts(updates)["lab-plain"], "blocked_by_manager")
      assert.strictEqual(verdicts(updates)["lab-held"], "held")
    }),
  )
})
