import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { collectUpdates } from "../../../src/package-manager/zypper/collectUpdates.ts"
import { answerOf, recorded, recordedZypper, zypper } from "./recordedZypper.ts"

const codes = (rows: ReadonlyArray<{ readonly code: string }>) => rows.map(({ code }) => code)

const listing = (question: string, answer: Parameters<typeof zypper>[1]) =>
  Effect.flatMap(recordedZypper("1.14.101", { responders: [zypper(question, answer)] }), ({ dependencies }) =>
    collectUpdates(dependencies),
  )

describe("an answer that is not what it should be", () => {
  const answers = ["list-updates --all", "update --dry-run", "list-patches", "info patch", "repos"] as const
  const files: Record<(typeof answers)[number], string> = {
    "list-updates --all": "list-updates-all.xml",
    "update --dry-run": "update.xml",
    "list-patches": "list-patches.xml",
    "info patch": "info-patch.xml",
    repos: "repos.xml",
  }

  it.effect.each(answers)("makes a partial scan, or none: %s", (question) =>
    Effect.gen(function* () {
      const whole = recorded("1.14.101", files[question])
      const middle = Math.floor(whole.length / 2)
      const spoiled = [
        { stdout: whole.slice(0, middle) },
        { stdout: `${whole.slice(0, middle)}warning: <not <xml\n${whole.slice(middle)}` },
        { stdout: whole.replace("<stream>", "<stream>\nsome plugin says hello\n") },
        { stdout: whole.replace("</stream>", "") },
        { stdout: `${whole.slice(0, 200)}\u0000\u0001\u0002\ufffd${whole.slice(200)}` },
        { stdout: whole, truncated: true },
      ]
      for (const [at, answer] of spoiled.entries()) {
        const { reasons } = yield* listing(question, answer)
        assert.isNotEmpty(reasons, `${question} ${at}`)
      }
      for (const stdout of ["", "\u0000\u0001\u0002", "No updates found.\n"]) {
        const error = yield* Effect.flip(listing(question, stdout))
        assert.strictEqual(error.reason, "output_not_understood", question)
      }
    }),
  )

  it.effect("is read in bounded time and space, though it fills all that it may", () =>
    Effect.gen(function* () {
      const limit = 4 * 1024 * 1024
      const update = `<update kind="package" name="p" edition="2-1" arch="noarch" edition-old="1-1"><description>${"d".repeat(4000)}</description></update>\n`
      const head = "<?xml version='1.0'?>\n<stream><update-status><update-list>\n"
      const floods = [
        { stdout: "\u0001\u0002<>".repeat(limit / 4), truncated: true },
        { stdout: head + update.repeat(Math.floor(limit / update.length)), truncated: true },
        { stdout: `${head}<update kind="package" name="${"n".repeat(limit - 200)}`, truncated: true },
      ]
      for (const answer of floods) {
        const { dependencies, calls } = yield* recordedZypper("1.14.101", {
          responders: [
            zypper("list-updates", answer),
            zypper("install --dry-run", answerOf("1.14.101", "install-unsat.xml")),
          ],
        })
        const outcome = yield* Effect.result(collectUpdates(dependencies))
        if (outcome._tag === "Success") assert.include(codes(outcome.success.reasons), "collector_failed")
        else assert.strictEqual(outcome.failure.reason, "output_not_understood")
        assert.isTrue(calls.every(({ outputLimitBytes }) => outputLimitBytes === 16 * 1024 * 1024))
      }
    }),
  )
})
