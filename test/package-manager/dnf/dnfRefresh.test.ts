import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Option from "effect/Option"
import * as TestClock from "effect/testing/TestClock"
import type { RefreshPolicy } from "../../../src/domain/Command.ts"
import { collectIndexes } from "../../../src/package-manager/dnf/collectIndexes.ts"
import { makeRefresh } from "../../../src/package-manager/dnf/dnfRefresh.ts"
import { refreshOutcomes, type Refreshment } from "../../../src/package-manager/dnf/dnfRefreshOutput.ts"
import {
  parseRepositoryInfos,
  parseVerboseRepositories,
} from "../../../src/package-manager/dnf/dnfRepositories.ts"
import type { Answer, Responder } from "../../fakes/FakeSubprocess.ts"
import { codes } from "../suite/questions.ts"
import { recorded, recordedDnf, type RecordedDnf } from "./recordedDnf.ts"

/** The repositories of dnf 4 as they are listed after a look at them at 17:30, but for those that were not reached. */
const listed = (unreached: ReadonlyArray<string> = [], updated = "Mon Jan  1 00:00:00 2024") =>
  ["lab", "lab-extras"]
    .map((id) => {
      const time = unreached.includes(id) ? "16:00:00" : "17:30:00"
      return `Repo-id            : ${id}\nRepo-updated       : ${updated}\nRepo-expire        : 172,800 second(s) (last: Sun Nov 22 ${time} 2026)\n`
    })
    .join("\n")

const before = parseVerboseRepositories(listed(["lab", "lab-extras"])).repositories

const outcomesOf = (after: string, said: Partial<Refreshment> = {}) =>
  refreshOutcomes({
    before,
    after: parseVerboseRepositories(after).repositories,
    exitCode: 0,
    stdout: "Metadata cache created.\n",
    stderr: "",
    ...said,
  }).map(({ repository, outcome }) => [repository, outcome])

const down = `Errors during downloading metadata for repository 'lab':
  - Curl error (7): Couldn't connect to server for https://joe:secret@mirror.invalid/lab/repodata/repomd.xml []
Error: Failed to download metadata for repo 'lab': Cannot download repomd.xml: Cannot download repodata/repomd.xml: All mirrors were tried
Ignoring repositories: lab
`

describe("refreshOutcomes", () => {
  it("tells a repository that has changed from one that was only looked at", () => {
    assert.deepStrictEqual(outcomesOf(listed()), [
      ["lab", "unchanged"],
      ["lab-extras", "unchanged"],
    ])
    assert.deepStrictEqual(outcomesOf(listed([], "Tue Jan  2 00:00:00 2024")), [
      ["lab", "fetched"],
      ["lab-extras", "fetched"],
    ])
  })

  it("believes neither an exit code of 0 nor the old metadata of a repository that could not be reached", () => {
    assert.deepStrictEqual(outcomesOf(listed(["lab"]), { stderr: down }), [
      ["lab", "failed"],
      ["lab-extras", "unchanged"],
    ])
  })

  it("explains, and keeps passwords to itself", () => {
    const [lab] = refreshOutcomes({ before, after: before, exitCode: 0, stdout: "", stderr: down })
    assert.include(
      lab?.message,
      "The server cannot be reached: check network, firewall and dnf's proxy. dnf: ",
    )
    assert.include(lab?.message, "https://mirror.invalid/lab/repodata/repomd.xml")
    assert.notInclude(lab?.message, "secret")
  })

  it("finds dnf5's reasons below the name of the repository", () => {
    const stdout = JSON.stringify(
      ["lab", "lab-extras"].map((id) => ({
        id,
        name: `LabOS 9 - ${id}`,
        is_enabled: true,
        timestamp: id === "lab" ? -1 : 1795365166,
        max_timestamp: id === "lab" ? 0 : 1704067200,
      })),
    )
    const { repositories } = Option.getOrThrow(parseRepositoryInfos(stdout))
    const outcomes = refreshOutcomes({
      before: repositories,
      after: repositories,
      exitCode: 0,
      stdout: "Metadata cache created.\n",
      stderr: `Updating and loading repositories:
 LabOS 9 - lab-extras                   100% |  73.6 KiB/s |   2.0 KiB |  00m00s
 LabOS 9 - lab                          ???% |   0.0   B/s |  -1.0   B |  ?     
>>> Curl error (37): Could not read a file:// file for file:///srv/lab/lab/repodata/repomd.xml - file:///srv/lab/lab/repodata/repomd.xml
>>> Usable URL not found
Repositories loaded.
`,
    })
    assert.deepStrictEqual(
      outcomes.map(({ repository, outcome }) => [repository, outcome]),
      [
        ["lab", "failed"],
        ["lab-extras", "unchanged"],
      ],
    )
    assert.include(outcomes[0]?.message, "Usable URL not found")
  })

  it("of a run that broke off, says what was not tried", () => {
    const outcomes = outcomesOf(listed(["lab", "lab-extras"]), {
      exitCode: 1,
      stderr: "Error: no such option\n",
    })
    assert.deepStrictEqual(outcomes, [
      ["lab", "not_tried"],
      ["lab-extras", "not_tried"],
    ])
  })
})

const refresh = Effect.fnUntraced(function* (
  policy: RefreshPolicy,
  answer: Answer,
  changes: { readonly isRoot?: boolean; readonly after?: string; readonly host?: RecordedDnf } = {},
) {
  let isRefreshed = false
  const responders: ReadonlyArray<Responder> = [
    (argv) => {
      if (!argv.includes("makecache")) return undefined
      isRefreshed = true
      return answer
    },
    (argv) =>
      argv.includes("repolist") && isRefreshed
        ? (changes.after ?? recorded("dnf-4.23", "repositories.stdout").replaceAll("2026)", "2027)"))
        : undefined,
  ]
  const { dependencies, calls } = yield* recordedDnf("dnf-4.23", {
    responders,
    isRoot: changes.isRoot ?? true,
  })
  const refreshed = yield* makeRefresh({ ...dependencies, indexes: collectIndexes(dependencies, "refresh") })(
    policy,
  )
  return { ...refreshed, runs: calls.filter(({ args }) => args.includes("makecache")) }
})

describe("makeRefresh for dnf", () => {
  it.effect("downloads where the policy asks for it, accepting the keys that the repositories name", () =>
    Effect.gen(function* () {
      const done = yield* refresh("always", "Metadata cache created.\n")
      assert.deepStrictEqual([done.refreshed, done.reasons], [true, []])
      assert.deepStrictEqual(
        done.repositories.map(({ repository, outcome }) => [repository, outcome]),
        [
          ["lab", "unchanged"],
          ["lab-extras", "unchanged"],
        ],
      )
      assert.includeMembers([...(done.runs[0]?.args ?? [])], ["makecache", "--refresh", "--assumeyes"])
      for (const policy of ["never", { if_older_than_seconds: 86_400 }] as const) {
        const not = yield* refresh(policy, "")
        assert.deepStrictEqual([not.refreshed, not.repositories, not.runs], [false, [], []])
      }
    }),
  )

  it.effect("a repository that failed is a reason, and so is a file that dnf passed over", () =>
    Effect.gen(function* () {
      const stderr = `Warning: failed loading '/etc/yum.repos.d/broken.repo', skipping.\n${down}`
      const listing = recorded("dnf-4.23", "repositories.stdout")
      const done = yield* refresh(
        "always",
        { stdout: "Metadata cache created.\n", stderr },
        { after: `Warning: failed loading '/etc/yum.repos.d/broken.repo', skipping.\n${listing}` },
      )
      assert.isFalse(done.refreshed)
      assert.deepStrictEqual(codes(done.reasons), ["repository_failed", "repository_failed"])
      assert.deepStrictEqual(
        done.reasons.map(({ detail }) => /broken\.repo|^lab:/.exec(detail)?.[0]),
        ["broken.repo", "lab:"],
      )
    }),
  )

  it.effect("needs root, and waits for another refresh as long as for any lock", () =>
    Effect.gen(function* () {
      const refused = yield* Effect.flip(refresh("always", "", { isRoot: false }))
      assert.strictEqual(refused.reason, "needs_root")
      const fiber = yield* Effect.forkChild(
        Effect.flip(refresh("always", { exitCode: 200, stderr: "Metadata already locked by 77\n" })),
        { startImmediately: true },
      )
      yield* TestClock.adjust("4 minutes")
      assert.strictEqual((yield* Fiber.join(fiber)).reason, "locked")
    }),
  )
})
