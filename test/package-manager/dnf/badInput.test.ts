import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import type { ManagerError, UpdateListing } from "../../../src/package-manager/PackageManager.ts"
import { collectUpdates } from "../../../src/package-manager/dnf/collectUpdates.ts"
import type { Responder } from "../../fakes/FakeSubprocess.ts"
import { recorded, recordedDnf, type RecordedDnf } from "./recordedDnf.ts"

const hosts: ReadonlyArray<RecordedDnf> = ["dnf-4.5", "dnf-4.23", "dnf5-5.4"]

const questions = {
  repositories: ["repolist", "info"],
  rpm: ["--all"],
  table: ["--setopt=best=False"],
  upgrades: ["--upgrades"],
  advisories: ["list"],
  "advisory-cves": ["--with-cve", "info"],
} as const

type Question = keyof typeof questions

const fileOf = (question: Question) => (question === "upgrades" ? "upgrades-unfiltered" : question)

/** Answers one question with this text instead, under whatever exit code it has. */
const instead =
  (question: Question, host: RecordedDnf, stdout: string, truncated = false): Responder =>
  (argv) => {
    const words: ReadonlyArray<string> = questions[question]
    const isAdvisory = argv.includes("advisory") || argv.includes("updateinfo")
    const fits =
      words.some((word) => argv.includes(word)) &&
      isAdvisory === question.startsWith("advis") &&
      !(question === "advisories" && argv.includes("--with-cve")) &&
      !(question === "repositories" && host === "dnf5-5.4" && !argv.includes("repo"))
    return fits ? { stdout, truncated, exitCode: question === "table" ? 1 : 0 } : undefined
  }

const listing = (host: RecordedDnf, question: Question, stdout: string, truncated = false) =>
  recordedDnf(host, { responders: [instead(question, host, stdout, truncated)] }).pipe(
    Effect.flatMap(({ dependencies }) => collectUpdates(dependencies)),
    Effect.result,
  )

/** The answer is an error, or partial, or all that there is. */
const isHonest = (
  result:
    | { readonly _tag: "Failure"; readonly failure: ManagerError }
    | { readonly _tag: "Success"; readonly success: UpdateListing },
) => result._tag === "Failure" || result.success.reasons.length > 0 || result.success.updates.length >= 24

const noise = "\u0000\u0001\ufffd\u001b[31m\ufffd|||\t\t\u0007\n"

describe.each(hosts)("bad input from %s", (host) => {
  const each = Object.keys(questions) as ReadonlyArray<Question>
  const texts = new Map(each.map((question) => [question, recorded(host, `${fileOf(question)}.stdout`)]))

  it.effect.each(each)(
    "cut off, interleaved or binary, in the answer about %s, is never a complete one",
    (question) =>
      Effect.gen(function* () {
        const text = texts.get(question) ?? ""
        const half = text.slice(0, Math.floor(text.length / 2) + 3)
        const lines = text.split("\n")
        const interleaved = lines.map((line, at) =>
          at % 3 === 1 ? `${line.slice(0, 7)}${lines[at + 1] ?? ""}` : line,
        )
        for (const bad of [half, interleaved.join("\n"), noise.repeat(50), `${noise}${text}`, "[{]"]) {
          const result = yield* listing(host, question, bad, bad === half)
          assert.isTrue(isHonest(result), `${question}: ${JSON.stringify(bad.slice(0, 60))}`)
        }
      }),
  )

  it.effect.prop(
    "any text at all is answered or refused, and never a crash",
    [Schema.String, Schema.Literals(each)],
    ([text, question]) =>
      Effect.map(listing(host, question, `${text}\n`), (result) => assert.isTrue(isHonest(result))),
  )
})

describe("50 MB", () => {
  it.effect.each(["rpm", "table", "upgrades"] as const)(
    "about %s are cut, and read in bounded time",
    (question) =>
      Effect.gen(function* () {
        // what Subprocess keeps of them: as much as the request allows
        const text = recorded("dnf-4.23", `${fileOf(question)}.stdout`)
        const kept = text.concat("garbage | \u0000 \ufffd 1-2 x\n".repeat(500_000))
        assert.isTrue(isHonest(yield* listing("dnf-4.23", question, kept, true)))
      }),
  )
})
