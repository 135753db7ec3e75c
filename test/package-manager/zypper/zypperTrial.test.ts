import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { Architecture, PackageName, PackageVersion } from "../../../src/domain/Package.ts"
import { collectKeptBack } from "../../../src/package-manager/zypper/collectKeptBack.ts"
import {
  severalArchitectures,
  tryInstall,
  type Ground,
} from "../../../src/package-manager/zypper/zypperTrial.ts"
import { type Answer, fakeSubprocess } from "../../fakes/FakeSubprocess.ts"
import { zypper } from "./recordedZypper.ts"

const ground: Ground = {
  scope: undefined,
  severalArchitectures: new Set(),
  obsoletes: new Map([["new", ["old"]]]),
}

const decodeTarget = Schema.decodeUnknownSync(
  Schema.Struct({ name: PackageName, architecture: Architecture, to: PackageVersion }),
)
const target = decodeTarget({ name: "vlc", architecture: "x86_64", to: "2-1" })

const solvable = (name: string, edition: string, more = "") =>
  `<solvable type="package" name="${name}" edition="${edition}" arch="x86_64" ${more}/>`
const vlc = solvable("vlc", "2-1", 'edition-old="1-1" arch-old="x86_64"')
const plan = (lists: string, beside = "") =>
  `<?xml version='1.0'?>\n<stream>\n${beside}<install-summary download-size="0" space-usage-diff="0">${lists}</install-summary>\n</stream>\n`

const attempt = Effect.fnUntraced(function* (
  answer: Answer,
  operation: "plan" | "apply" = "plan",
  allowRemovals = false,
) {
  const { service, calls } = fakeSubprocess(zypper("install --dry-run", answer))
  const trial = yield* tryInstall({ subprocess: service }, operation, ground, {
    targets: [target],
    allowRemovals,
  })
  return { trial, calls }
})

const objection = (answer: Answer) =>
  Effect.map(attempt(answer), ({ trial }) => (trial.possible ? "none" : trial.objection.reason))

describe("a trial", () => {
  it.effect("is possible when zypper would do all that was asked, and nothing worse", () =>
    Effect.gen(function* () {
      assert.strictEqual(yield* objection(plan(`<to-upgrade>${vlc}</to-upgrade>`)), "none")
      assert.strictEqual(yield* objection(plan("")), "conflict")
      assert.strictEqual(
        yield* objection(plan(`<to-upgrade>${vlc.replace("2-1", "3-1")}</to-upgrade>`)),
        "conflict",
      )
      const gone = (name: string, more = "") =>
        `<to-upgrade>${vlc}</to-upgrade>${more}<to-remove>${solvable(name, "1-1")}</to-remove>`
      assert.strictEqual(yield* objection(plan(gone("lib"))), "needs_removal")
      assert.strictEqual(yield* objection(plan(gone("old"))), "needs_removal")
      const successor = `<to-install>${solvable("new", "1-1")}</to-install>`
      assert.strictEqual(yield* objection(plan(gone("old", successor))), "none")
      assert.isTrue((yield* attempt(plan(gone("lib")), "plan", true)).trial.possible)
      const back = `<to-downgrade>${solvable("lib", "1-1", 'edition-old="2-1"')}</to-downgrade>`
      assert.strictEqual(yield* objection(plan(`<to-upgrade>${vlc}</to-upgrade>${back}`)), "conflict")
    }),
  )

  it.effect("fails when the plan is not known completely, but not for what others print beside it", () =>
    Effect.gen(function* () {
      const whole = plan(`<to-upgrade>${vlc}</to-upgrade>`, "a plugin says hello\n<news/>\n")
      assert.strictEqual(yield* objection(whole), "none")
      const spoiled = [
        whole.replace("</stream>", ""),
        plan(`<to-upgrade>${vlc}</to-upgrade><to-surprise/>`),
        plan(`<to-upgrade>${vlc}${solvable("-x", "1-1")}</to-upgrade>`),
        "<?xml version='1.0'?><stream></stream>",
      ]
      for (const answer of spoiled) {
        assert.strictEqual((yield* Effect.flip(attempt(answer))).reason, "output_not_understood", answer)
      }
    }),
  )

  it.effect("waits for nobody before the plan is carried out, and then for whoever is at work", () =>
    Effect.gen(function* () {
      const answer = plan(`<to-upgrade>${vlc}</to-upgrade>`)
      const environment = (operation: "plan" | "apply") =>
        Effect.map(attempt(answer, operation), ({ calls }) => calls[0]?.env)
      assert.deepStrictEqual(yield* environment("plan"), { ZYPP_READONLY_HACK: "1" })
      assert.deepStrictEqual(yield* environment("apply"), { ZYPP_LOCK_TIMEOUT: "180" })
    }),
  )

  it("names the architecture of what is installed for several", () => {
    const rows = [
      { name: "glibc", architecture: "x86_64" },
      { name: "glibc", architecture: "i586" },
      { name: "kernel", architecture: "x86_64" },
      { name: "kernel", architecture: "x86_64" },
    ]
    assert.deepStrictEqual([...severalArchitectures(rows)], ["glibc"])
  })
})

describe("what zypper keeps back without having to", () => {
  const repository = (alias: string, priority: number) => ({ alias, name: alias, enabled: true, priority })

  const reason = Effect.fnUntraced(function* (lists: string, from: string) {
    const { service } = fakeSubprocess(zypper("install --dry-run", plan(lists)))
    const row = { name: "vlc", architecture: "x86_64", from: "1-1", to: "2-1", repository: from }
    const repositories = [repository("main", 99), repository("first", 50)]
    const found = yield* collectKeptBack({ subprocess: service }, ground, repositories, [row])
    return found.get("vlc.x86_64")?.reason
  })

  it.effect("is another vendor's, or of a repository that comes later, or excluded by what it prefers", () =>
    Effect.gen(function* () {
      const upgrade = `<to-upgrade>${vlc}</to-upgrade>`
      assert.strictEqual(
        yield* reason(`${upgrade}<to-change-vendor>${vlc}</to-change-vendor>`, "first"),
        "pinned",
      )
      assert.strictEqual(yield* reason(upgrade, "main"), "pinned")
      assert.strictEqual(yield* reason(upgrade, "first"), "conflict")
    }),
  )
})
