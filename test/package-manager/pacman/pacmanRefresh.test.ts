import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { makeRefresh, refreshOutcomes } from "../../../src/package-manager/pacman/pacmanRefresh.ts"
import { recordedHost } from "./recordedHost.ts"

const outcomes = (exitCode: number, stderr: string, fresh: ReadonlyArray<string> = []) =>
  refreshOutcomes({ exitCode, stdout: "", stderr }, ["core", "extra"], (name) => fresh.includes(name)).map(
    ({ outcome }) => outcome,
  )

describe("refreshOutcomes", () => {
  const unreachable = (file: string) =>
    `error: failed retrieving file '${file}' from mirror : no route to host\n`
  const end = "error: failed to synchronize all databases (download library error)\n"

  it("tells what is new from what is not", () => {
    assert.deepStrictEqual(outcomes(0, "", ["extra"]), ["unchanged", "fetched"])
  })

  it("forgives a mirror that was followed by a better one", () => {
    assert.deepStrictEqual(outcomes(0, unreachable("core.db")), ["unchanged", "unchanged"])
    assert.deepStrictEqual(outcomes(1, unreachable("core.db") + unreachable("extra.db") + end, ["core"]), [
      "fetched",
      "failed",
    ])
  })

  it("blames the repository that is complained of, also for its signature", () => {
    assert.deepStrictEqual(outcomes(1, unreachable("extra.db.sig") + end), ["unchanged", "failed"])
    assert.deepStrictEqual(outcomes(1, `error: core: missing required signature\n${end}`, ["core"]), [
      "failed",
      "unchanged",
    ])
  })

  it("blames all where the complaint is about none", () => {
    assert.deepStrictEqual(outcomes(1, end, ["core"]), ["failed", "failed"])
  })
})

describe("makeRefresh", () => {
  it.effect("asks nobody where the policy does not ask for it, and only root", () =>
    Effect.gen(function* () {
      const { dependencies, calls } = yield* recordedHost("pacman-7.1")
      const refresh = makeRefresh({ ...dependencies, isRoot: false })
      assert.isFalse((yield* refresh("never")).refreshed)
      assert.strictEqual(calls.length, 0)
      assert.isFalse((yield* refresh({ if_older_than_seconds: 7200 })).refreshed)
      const error = yield* Effect.flip(refresh({ if_older_than_seconds: 60 }))
      assert.strictEqual(error.reason, "needs_root")
      assert.isFalse(calls.some(({ args }) => args.includes("-Sy")))
    }),
  )
})
