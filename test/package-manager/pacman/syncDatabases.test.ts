import { assert, describe, it } from "@effect/vitest"
import {
  differ,
  indexReport,
  newestFolder,
  parseFileTimes,
} from "../../../src/package-manager/pacman/syncDatabases.ts"
import { recordedAt } from "./recordedHost.ts"

const live = "/var/lib/pacman"
const copy = "/var/cache/patchctl/pacman"
const now = recordedAt.epochMilliseconds / 1000

/** `stat` as of these files: seconds since their change, modification time, size. */
const files = (rows: Readonly<Record<string, readonly [age: number, modified: number, bytes: number]>>) =>
  parseFileTimes(
    Object.entries(rows)
      .map(([path, [age, modified, bytes]]) => `${now - age}\t${modified}\t${bytes}\t${path}\n`)
      .join(""),
  )

describe("the databases to plan with", () => {
  it.each([
    ["pacman's own where there is no copy", { [`${live}/sync/a.db`]: [0, 100, 1] }, live],
    ["the copy where pacman has none", { [`${copy}/sync/a.db`]: [0, 100, 1] }, copy],
    [
      "the copy where both are the same",
      { [`${live}/sync/a.db`]: [0, 100, 1], [`${copy}/sync/a.db`]: [0, 100, 1] },
      copy,
    ],
    [
      "pacman's own where one of them is newer than its copy",
      {
        [`${live}/sync/a.db`]: [0, 100, 1],
        [`${live}/sync/b.db`]: [0, 101, 1],
        [`${copy}/sync/a.db`]: [0, 200, 1],
        [`${copy}/sync/b.db`]: [0, 100, 1],
      },
      live,
    ],
    [
      "pacman's own where the copy lacks a repository",
      {
        [`${live}/sync/a.db`]: [0, 100, 1],
        [`${live}/sync/b.db`]: [0, 100, 1],
        [`${copy}/sync/a.db`]: [0, 200, 1],
      },
      live,
    ],
  ] as const)("are %s", (_, rows, folder) => {
    assert.strictEqual(newestFolder(["a", "b"], files(rows)), folder)
  })

  it("differ where the copy has another time or size, or pacman has none", () => {
    const ours = { [`${copy}/sync/a.db`]: [0, 100, 1] } as const
    assert.isFalse(differ(["a"], files({ ...ours, [`${live}/sync/a.db`]: [9, 100, 1] })))
    assert.isTrue(differ(["a"], files({ ...ours, [`${live}/sync/a.db`]: [0, 100, 2] })))
    assert.isTrue(differ(["a"], files(ours)))
  })
})

describe("the age of a database", () => {
  const ages = (folder: string, rows: Parameters<typeof files>[0]) => {
    const { states, reasons, missing } = indexReport(folder, ["a"], files(rows), recordedAt)
    return [states[0]?.ageSeconds, reasons.map(({ code }) => code), missing.has("a")]
  }

  it("is not the server's time, but when it came here", () => {
    assert.deepStrictEqual(ages(live, { [`${live}/sync/a.db`]: [60, 100, 1] }), [60, [], false])
  })

  it("is that of the last answer, also where nothing was new", () => {
    const checked = { [`${copy}/checked/a`]: [0, now - 30, 0] } as const
    const ours = { [`${copy}/sync/a.db`]: [9_000_000, 100, 1], ...checked } as const
    assert.deepStrictEqual(ages(copy, ours), [30, [], false])
    assert.deepStrictEqual(ages(live, { ...ours, [`${live}/sync/a.db`]: [9_000_000, 100, 1] }), [
      30,
      [],
      false,
    ])
    assert.deepStrictEqual(ages(live, { ...ours, [`${live}/sync/a.db`]: [9_000_000, 200, 1] }), [
      9_000_000,
      ["index_stale"],
      false,
    ])
  })

  it("is none where there is no file, or nothing in it", () => {
    assert.deepStrictEqual(ages(live, {}), [undefined, ["index_missing"], true])
    assert.deepStrictEqual(ages(live, { [`${live}/sync/a.db`]: [0, 100, 0] }), [
      undefined,
      ["index_missing"],
      true,
    ])
  })

  it("needs a repository", () => {
    const { reasons } = indexReport(live, [], new Map(), recordedAt)
    assert.deepStrictEqual(
      reasons.map(({ code }) => code),
      ["index_missing"],
    )
  })
})
