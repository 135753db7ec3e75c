import { assert, describe, it } from "@effect/vitest"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import { makeRefresh, outcomesOf } from "../../../src/package-manager/zypper/zypperRefresh.ts"
import { readStream } from "../../../src/package-manager/zypper/zypperStream.ts"
import { answerOf, commands, recorded, recordedZypper, versions, zypper } from "./recordedZypper.ts"

const at = (minutes: number) => DateTime.makeUnsafe(minutes * 60_000)

const index = (alias: string, heard?: number, replaced?: number) => ({
  alias,
  name: `LabOS 9 - ${alias}`,
  enabled: true,
  priority: 99,
  ...(heard === undefined ? {} : { heardAt: at(heard) }),
  ...(replaced === undefined ? {} : { replacedAt: at(replaced) }),
})

const refresh = Effect.fnUntraced(function* (
  policy: Parameters<ReturnType<typeof makeRefresh>>[0],
  isRoot: boolean,
  ...responders: ReadonlyArray<ReturnType<typeof zypper>>
) {
  const { dependencies, calls } = yield* recordedZypper("1.14.101", { responders })
  const refreshed = yield* makeRefresh({ ...dependencies, isRoot })(policy)
  return { refreshed, calls }
})

describe("what became of a repository", () => {
  it.effect.each(versions)("is told by its files before zypper %s's words", (version) =>
    Effect.gen(function* () {
      const stream = yield* readStream(recorded(version, "refresh.xml"))
      const outcomes = outcomesOf(
        [index("lab", 1, 1), index("lab-extras", 1, 1), index("touched", 1, 1)],
        [
          index("lab", 1, 1),
          index("lab-extras", 1, 1),
          index("touched", 2, 1),
          index("fresh", 2, 2),
          index("silent"),
        ],
        stream,
      )
      assert.deepStrictEqual(
        outcomes.map(({ repository, outcome }) => `${repository} ${outcome}`),
        ["lab unchanged", "lab-extras failed", "touched unchanged", "fresh fetched", "silent not_tried"],
      )
      assert.match(
        outcomes[1]?.message ?? "",
        /^There is no repository at this address: .* zypper: .*'\/srv\/lab\/lab-extras\/' is not a directory/,
      )
      // Two repositories of one name: the files tell which of them zypper means.
      const twins = [index("a", 1, 1), index("b", 1, 1)].map((row) => ({
        ...row,
        name: "LabOS 9 - lab-extras",
      }))
      const after = twins.map((row) => (row.alias === "a" ? { ...row, heardAt: at(3) } : row))
      assert.deepStrictEqual(
        outcomesOf(twins, after, stream).map(({ outcome }) => outcome),
        ["unchanged", "failed"],
      )
    }),
  )
})

describe("a refresh", () => {
  it.effect("happens when it is due, and takes root", () =>
    Effect.gen(function* () {
      const never = yield* refresh("never", true)
      const young = yield* refresh({ if_older_than_seconds: 7200 }, false)
      assert.deepStrictEqual([never.calls.length, commands(young.calls)], [0, ["zypper repos"]])
      const old = yield* Effect.flip(refresh({ if_older_than_seconds: 60 }, false))
      assert.strictEqual(old.reason, "needs_root")
    }),
  )

  it.effect("is not one when a repository failed", () =>
    Effect.gen(function* () {
      const { refreshed } = yield* refresh(
        "always",
        true,
        zypper("refresh", answerOf("1.14.101", "refresh.xml")),
      )
      assert.isFalse(refreshed.refreshed)
      assert.deepStrictEqual(
        refreshed.reasons.map(({ code, detail }) => [code, detail.split(":")[0]]),
        [["repository_failed", "lab-extras"]],
      )
    }),
  )

  it.effect("waits for the lock, and says who had it all the time", () =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(
        refresh("always", true, zypper("refresh", answerOf("1.14.101", "locked.xml"))),
      )
      assert.deepStrictEqual([error.reason, error.holder?.program], ["locked", "zypper"])
      const { calls } = yield* refresh("always", true, zypper("refresh", answerOf("1.14.101", "refresh.xml")))
      const request = calls.find(({ args }) => args.includes("refresh"))
      assert.strictEqual(request?.env?.["ZYPP_LOCK_TIMEOUT"], "180")
      assert.notProperty(request?.env, "ZYPP_READONLY_HACK")
      assert.notInclude(request?.args.join(" "), "gpg-auto-import-keys")
    }),
  )

  it.effect("asks the host's services where there is no repository", () =>
    Effect.gen(function* () {
      const { refreshed, calls } = yield* refresh(
        "always",
        true,
        zypper("repos", answerOf("1.14.101", "no-repositories.xml")),
        zypper("refresh-services", "<?xml version='1.0'?><stream></stream>"),
      )
      assert.deepStrictEqual(
        refreshed.reasons.map(({ code }) => code),
        ["index_missing"],
      )
      assert.deepStrictEqual(commands(calls), ["zypper repos", "zypper refresh-services", "zypper repos"])
    }),
  )
})
