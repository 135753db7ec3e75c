import { assert, describe, it } from "@effect/vitest"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { collectIndexes } from "../../../src/package-manager/dnf/collectIndexes.ts"
import { foldersOf } from "../../../src/package-manager/dnf/dnfIndexes.ts"
import {
  parseRepositoryInfos,
  parseVerboseRepositories,
} from "../../../src/package-manager/dnf/dnfRepositories.ts"
import { when } from "../../fakes/FakeSubprocess.ts"
import { recorded, recordedDnf, type RecordedDnf } from "./recordedDnf.ts"

const indexes = (host: RecordedDnf, changes: Parameters<typeof recordedDnf>[1] = {}) =>
  Effect.flatMap(recordedDnf(host, changes), ({ dependencies }) => collectIndexes(dependencies, "updates"))

const codes = ({ reasons }: { readonly reasons: ReadonlyArray<{ readonly code: string }> }) =>
  reasons.map(({ code }) => code)

const verbose = (id: string, last: string) =>
  `Repo-id            : ${id}\nRepo-expire        : 172800 second(s) (last: ${last})\n`

const folder = "/var/cache/libdnf5/lab-a1e8a8e2430333cb/repodata"

describe("collectIndexes", () => {
  it.effect.each(["dnf-4.5", "dnf-4.23", "dnf5-5.4"] as const)(
    "tells the age of each repository of %s, and which of them has advisories",
    (host) =>
      Effect.gen(function* () {
        const found = yield* indexes(host)
        assert.deepStrictEqual(found.reasons, [])
        assert.deepStrictEqual(
          found.states.map(({ repository, ageSeconds }) => [
            repository,
            ageSeconds !== undefined && ageSeconds > 0 && ageSeconds < 3600,
          ]),
          [
            ["lab", true],
            ["lab-extras", true],
          ],
        )
        assert.deepStrictEqual(
          [...found.advisories],
          [
            ["lab", "present"],
            ["lab-extras", "none"],
          ],
        )
      }),
  )

  it.effect("is stale after a week, and never younger than now", () =>
    Effect.gen(function* () {
      const repositories =
        verbose("old", "Sat Nov 14 16:59:59 2026") + verbose("future", "Mon Nov 23 01:00:00 2026")
      const found = yield* indexes("dnf-4.23", { responders: [when("repolist", repositories)] })
      assert.deepStrictEqual(codes(found), ["index_stale"])
      assert.deepStrictEqual(
        found.states.map(({ ageSeconds }) => ageSeconds),
        [691_201, 0],
      )
    }),
  )

  it.effect("misses what was passed over for want of metadata, whichever stream says so", () =>
    Effect.gen(function* () {
      const answer = {
        stdout: verbose("lab", "Sun Nov 22 16:00:00 2026"),
        stderr:
          "Error: Cache-only enabled but no cache for 'lab-extras'\nIgnoring repositories: lab-extras, more, _dnf_local\n",
      }
      const found = yield* indexes("dnf-4.23", { responders: [when("repolist", answer)] })
      assert.deepStrictEqual(codes(found), ["index_missing", "index_missing"])
      assert.deepStrictEqual(
        found.states.map(({ repository, ageSeconds }) => [repository, ageSeconds]),
        [
          ["lab-extras", undefined],
          ["more", undefined],
          ["lab", 3600],
        ],
      )
      const five = recorded("dnf5-5.4", "repositories.stdout").replaceAll(
        /"timestamp":\d+/g,
        '"timestamp":-1',
      )
      const cold = yield* indexes("dnf5-5.4", { responders: [when("repo info", five)] })
      assert.deepStrictEqual(codes(cold), ["index_missing", "index_missing"])
    }),
  )

  it.effect("reports files and ids that dnf4 passes over with exit code 0", () =>
    Effect.gen(function* () {
      const stderr =
        "Warning: failed loading '/etc/yum.repos.d/bad.repo', skipping.\nBad id for repo: no url, byte =   2\n"
      const answer = { stdout: verbose("lab", "Sun Nov 22 16:00:00 2026"), stderr }
      const found = yield* indexes("dnf-4.23", { responders: [when("repolist", answer)] })
      assert.deepStrictEqual(codes(found), ["repository_failed", "repository_failed"])
      assert.include(found.reasons[0]?.detail ?? "", "/etc/yum.repos.d/bad.repo")
    }),
  )

  it.effect("misses advisories that are announced but not there, which dnf5 does not say", () =>
    Effect.gen(function* () {
      const file =
        /href="repodata\/([^"]*updateinfo[^"]*)"/.exec(recorded("dnf5-5.4", "lab.repomd.xml"))?.[1] ?? ""
      const repomd = recorded("dnf5-5.4", "lab.repomd.xml").replaceAll(file, "another-updateinfo.xml.gz")
      const lost = yield* indexes("dnf5-5.4", { files: { [`${folder}/repomd.xml`]: repomd } })
      assert.deepStrictEqual(codes(lost), ["index_missing"])
      const packed = repomd
        .replace('type="updateinfo"', 'type="updateinfo_zck"')
        .replace("another-updateinfo.xml.gz", "x.zck")
      const zchunk = yield* indexes("dnf5-5.4", {
        files: { [`${folder}/repomd.xml`]: packed, [`${folder}/x.zck`]: "" },
      })
      assert.deepStrictEqual(codes(zchunk), [])
    }),
  )

  it.effect("has nothing to go by without any repository, in the words of either generation", () =>
    Effect.gen(function* () {
      const stderr =
        'No matching repositories for *. Add "--help" for more information about the arguments.\n'
      for (const [host, answer] of [
        ["dnf-4.23", when("repolist", "No repositories available\n")],
        ["dnf5-5.4", when("repo info", { exitCode: 2, stderr })],
      ] as const) {
        const found = yield* indexes(host, { responders: [answer] })
        assert.deepStrictEqual([found.states, codes(found)], [[], ["index_missing"]])
      }
    }),
  )

  it.effect("fails with dnf's words when dnf cannot read its configuration", () =>
    Effect.gen(function* () {
      const stderr =
        'Error in configuration file "/etc/yum.repos.d/bad.repo"\n Missing section header on line 1\n'
      const error = yield* Effect.flip(
        indexes("dnf5-5.4", { responders: [when("repo info", { exitCode: 1, stderr })] }),
      )
      assert.strictEqual(error.reason, "failed")
      assert.include(error.detail, "bad.repo")
      const garbled = yield* Effect.flip(indexes("dnf5-5.4", { responders: [when("repo info", "[{")] }))
      assert.strictEqual(garbled.reason, "output_not_understood")
    }),
  )
})

describe("repositories", () => {
  it("of yum have ids with variables, ages by local time in UTC, and wrapped fields", () => {
    const found = parseVerboseRepositories(recorded("yum-3.4", "repositories.stdout"))
    assert.deepStrictEqual(
      found.repositories.map(({ id, checkedAt, isSelective }) => [
        id,
        checkedAt === undefined ? undefined : DateTime.formatIso(checkedAt),
        isSelective,
      ]),
      [
        ["base", "2026-11-22T12:00:00.000Z", false],
        ["epel", undefined, true],
        ["updates", "2026-11-01T09:08:07.000Z", false],
      ],
    )
  })

  it("tell which take single packages only", () => {
    const four = parseVerboseRepositories(recorded("dnf-4.5", "repositories.stdout")).repositories
    const five = Option.getOrThrow(
      parseRepositoryInfos(recorded("dnf5-5.4", "repositories.stdout")),
    ).repositories
    for (const found of [four, five]) {
      assert.deepStrictEqual(
        found.map(({ id, isSelective }) => [id, isSelective]),
        [
          ["lab", false],
          ["lab-extras", true],
        ],
      )
    }
  })

  it("do not share a folder because one id begins with the other", () => {
    const folders = [
      "lab-a1e8a8e2430333cb",
      "lab-extras-6d61a2210a0ad8b7",
      "lab-1111111111111111",
      "lab.solv",
    ]
    assert.deepStrictEqual(foldersOf("lab", folders), ["lab-a1e8a8e2430333cb", "lab-1111111111111111"])
    assert.deepStrictEqual(foldersOf("lab-extras", folders), ["lab-extras-6d61a2210a0ad8b7"])
  })
})
