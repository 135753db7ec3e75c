import { assert, describe, it } from "@effect/vitest"
import * as Cause from "effect/Cause"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import { readdirSync, readFileSync } from "node:fs"
import { parseDetails, parseObsoletes } from "../../src/package-manager/zypper/zypperInfo.ts"
import { parsePatchDetails, parsePatches } from "../../src/package-manager/zypper/zypperPatches.ts"
import { parseRepositories } from "../../src/package-manager/zypper/zypperRepositories.ts"
import { readStream } from "../../src/package-manager/zypper/zypperStream.ts"
import { parseSummary } from "../../src/package-manager/zypper/zypperSummary.ts"
import { anyText, manyCases } from "../fakes/anyText.ts"

const root = new URL("../../", import.meta.url)
const below = (folder: string) =>
  readdirSync(new URL(folder, root), { recursive: true, encoding: "utf8" }).map((name) => `${folder}/${name}`)

/** One argument of a parser by its type, made of the one text that a program wrote. */
const argumentOf = (type: string, text: string): unknown => {
  switch (type) {
    case "string":
      return text
    case "ReadonlyArray<string>":
      return text.split("\n")
    case "ReadonlySet<string>":
      return new Set(text.split(/\s/))
    case "{ readonly stdout: string; readonly stderr: string }":
      return { stdout: text, stderr: text.slice(text.length / 2) }
    case "ManagerId":
      return "dnf"
    default:
      return undefined
  }
}

const isKnown = (type: string) => argumentOf(type, "") !== undefined

/** Not for text from outside: they take labels and identities that we wrote ourselves. */
const ofOurOwnWords: ReadonlySet<string> = new Set(["dependenciesIn", "isAlive"])

/** The exported functions of a file whose every parameter is text, as their declaration says. */
const textFunctions = (source: string) =>
  [
    ...source.matchAll(
      /^export const (\w+) = (?:Effect\.fnUntraced\(function\* (?=\((?:text|stdout): ))?\(([^()]*)\)(?:: [^={]+)?(?: =>| \{)/gm,
    ),
  ].flatMap(([, name = "", parameters = ""]) => {
    const types = parameters
      .replaceAll(/\s+/g, " ")
      .split(/, (?=\w+: |\{)/)
      .map(
        (parameter) => /^ ?(?!path\b)\w+: (.+?),? ?$/.exec(parameter)?.[1]?.replace("; }", " }") ?? "unknown",
      )
    return types.every(isKnown) && !ofOurOwnWords.has(name) ? [{ name, types }] : []
  })

const parsersOf = async (folder: string) => {
  const files = below(folder).filter((path) => path.endsWith(".ts") && !path.endsWith("Commands.ts"))
  const found = await Promise.all(
    files.map(async (path) => {
      const functions = textFunctions(readFileSync(new URL(path, root), "utf8"))
      if (functions.length === 0) return []
      const module: Record<string, unknown> = await import(new URL(path, root).href)
      return functions.flatMap(({ name, types }) => {
        const parse = module[name]
        return typeof parse === "function" ? [{ what: `${path} ${name}`, types, parse }] : []
      })
    }),
  )
  return found.flat()
}

/** What real programs have written, as far as it was recorded. */
const recordings = (folder: string) =>
  below(folder)
    .filter((path) => /\.(?:stdout|stderr|txt|xml|json|list|status|out)$|\/[A-Za-z_-]+$/.test(path))
    .flatMap((path) => {
      try {
        return [readFileSync(new URL(path, root), "latin1").slice(0, 200_000)]
      } catch {
        return []
      }
    })

/** Runs what a parser returned; it may fail in its own words. */
const ends = (effect: Effect.Effect<unknown, unknown, unknown>) =>
  Effect.flatMap(Effect.exit(Effect.provideContext(effect, Context.makeUnsafe<unknown>(new Map()))), (exit) =>
    Effect.sync(() => {
      if (Exit.isFailure(exit)) assert.isFalse(Cause.hasDies(exit.cause), Cause.pretty(exit.cause))
    }),
  )

/** Far more than any of these texts is worth; less than a pattern that backtracks without end takes. */
const patienceMilliseconds = 2000

describe("the parsers of what package managers write", async () => {
  for (const [folder, fixtures, atLeast] of [
    ["src/package-manager/apt", "test/fixtures/apt", 12],
    ["src/package-manager/dnf", "test/fixtures/dnf", 12],
    ["src/package-manager/zypper", "test/fixtures/zypper", 3],
    ["src/package-manager/apk", "test/fixtures/apk", 12],
    ["src/package-manager/pacman", "test/fixtures/pacman", 12],
    ["src/package-manager/rpm", "test/fixtures/dnf", 4],
    ["src/host", "test/fixtures/host", 4],
  ] as const) {
    const samples = recordings(fixtures)
    const parsers = await parsersOf(folder)
    it(`are found: ${folder}`, () => {
      assert.isAtLeast(parsers.length, atLeast, parsers.map(({ what }) => what).join("\n"))
    })
    it.effect.prop(
      `take anything: ${folder}`,
      [anyText(samples)],
      ([text]) =>
        Effect.gen(function* () {
          for (const { what, types, parse } of parsers) {
            const started = process.threadCpuUsage()
            const result: unknown = Reflect.apply(
              parse,
              undefined,
              types.map((type) => argumentOf(type, text)),
            )
            if (Effect.isEffect(result)) yield* ends(Effect.asVoid(result))
            const { user, system } = process.threadCpuUsage(started)
            assert.isBelow((user + system) / 1000, patienceMilliseconds, what)
          }
        }),
      manyCases,
    )
  }

  it.effect.prop(
    "take anything: zypper's documents",
    [anyText(recordings("test/fixtures/zypper"))],
    ([text]) =>
      Effect.gen(function* () {
        const stream = yield* readStream(text)
        parsePatches(stream)
        parsePatchDetails(stream)
        parseRepositories(stream)
        parseSummary(stream)
        parseDetails(stream)
        parseObsoletes(stream)
      }),
    manyCases,
  )
})
