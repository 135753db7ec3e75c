import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { InstallUpdates } from "../../../src/domain/Command.ts"
import type { ManagerId } from "../../../src/domain/Package.ts"
import { PackageName } from "../../../src/domain/Package.ts"
import { verified } from "../../package-manager/suite/verified.ts"
import * as Box from "../lab/Box.ts"
import { boxManager } from "./boxManager.ts"

// The same answers whatever language the administrator has given the host: the agent's own environment, and every
// place from which a program could take it.

const locales = ["es_ES", "ja_JP", "ru_RU"] as const

/** Everything is asked four times; one plan of dnf 4.5 takes it some ten seconds. */
const allLanguagesTimeout = 600_000

/** Arch supports only whole upgrades. */
const all = Schema.decodeUnknownSync(InstallUpdates)({ selection: { kind: "all" } })

/** One that can be installed, one that needs a removal, and one whose dependency nobody offers. */
const some = Schema.decodeUnknownSync(InstallUpdates)({
  selection: {
    kind: "packages",
    packages: ["lab-plain", "lab-conflict", "lab-unsat"].map((name) => ({ name, version: "1.1-1" })),
  },
})
const names = Schema.decodeUnknownSync(Schema.Array(PackageName))(["lab-plain", "no-such-package"])

const environment = (locale: string) => ({
  LANG: `${locale}.UTF-8`,
  LC_ALL: `${locale}.UTF-8`,
  LC_MESSAGES: `${locale}.UTF-8`,
  LANGUAGE: locale.slice(0, 2),
})

/** What each program says differently to people who speak another language. */
const spoken: Readonly<Record<ManagerId, Box.Argv>> = {
  apt: ["apt-get", "-s", "dist-upgrade"],
  dnf: ["dnf", "--cacheonly", "--assumeno", "upgrade"],
  zypper: ["zypper", "--non-interactive", "--no-refresh", "list-updates"],
  pacman: ["pacman", "-Qi"],
  apk: ["apk", "--version"],
}

/** Compiles the locales in the box with its own C library, from the host's sources. */
const withLocales = Effect.fnUntraced(function* (root: string) {
  const i18n = "/usr/share/i18n"
  const box = yield* Box.make(root, { binds: [{ source: i18n, target: i18n }] })
  yield* box.run(["mkdir", "-p", "/usr/lib/locale"])
  for (const locale of locales) {
    // It warns about much, and then writes the locale all the same.
    yield* box.run(["localedef", "--force", "-i", locale, "-f", "UTF-8", `${locale}.UTF-8`])
  }
  yield* box.writeFile("/etc/default/locale", "LANG=ru_RU.UTF-8\n")
  yield* box.writeFile("/etc/locale.conf", "LANG=ru_RU.UTF-8\n")
  return box
})

const answersIn = Effect.fnUntraced(function* (
  box: Box.Box,
  id: ManagerId,
  env: Readonly<Record<string, string | undefined>>,
) {
  const { manager } = yield* boxManager(box, id, { env })
  const { updates, reasons } = yield* manager.updates
  const { damage, faults } = yield* manager.health
  return {
    inventory: yield* manager.inventory,
    updates,
    reasons,
    health: { damage, faults },
    described: yield* manager.describe(names),
    planned: yield* manager.plan(id === "pacman" ? all : some),
  }
}, Effect.scoped)

describe.each(
  verified.flatMap(({ program, manager, root, runs }) =>
    root === undefined || runs !== "always" ? [] : [{ program, manager, root }],
  ),
)("$program, in any language", ({ program, manager, root }) => {
  it.live(
    "answers the same",
    () =>
      Effect.gen(function* () {
        const box = yield* withLocales(root)
        const plain = yield* answersIn(box, manager, { LC_ALL: "C" })
        assert.isNotEmpty(plain.updates)
        assert.isNotEmpty(plain.planned.plan.installs)
        const [name, ...rest] = spoken[manager]
        const words: Box.Argv = [program.startsWith("dnf5") ? "dnf5" : name, ...rest]
        const inEnglish = (yield* box.run(words, { env: { LC_ALL: "C" } })).stdout
        const foreign: Array<string> = []
        for (const locale of locales) {
          const env = environment(locale)
          if ((yield* box.run(words, { env })).stdout !== inEnglish) foreign.push(locale)
          assert.deepStrictEqual(yield* answersIn(box, manager, env), plain, locale)
        }
        // Else the test would prove nothing.
        assert.isNotEmpty(foreign)
      }).pipe(Effect.scoped),
    allLanguagesTimeout,
  )
})
