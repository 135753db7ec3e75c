import { assert, describe, it } from "@effect/vitest"
import * as Schema from "effect/Schema"
import { InstallUpdates, NameGlob } from "../../src/domain/Command.ts"
import { InstalledPackage } from "../../src/domain/Package.ts"
import { AvailableUpdate } from "../../src/domain/Update.ts"
import { chooseTargets, globMatches, type Known } from "../../src/package-manager/updateSelection.ts"
import { compare } from "../../src/version/deb.ts"

const installed = Schema.decodeUnknownSync(Schema.Array(InstalledPackage))(
  [
    { name: "plain", version: "1.0" },
    { name: "held", version: "1.0", held: true },
    { name: "pinned", version: "1.0" },
    { name: "forbidden", version: "1.0" },
    { name: "newer", version: "3.0" },
    { name: "libc6", version: "1.0", architecture: "amd64" },
    { name: "libc6", version: "1.0", architecture: "i386" },
  ].map((row) => ({ manager: "apt", architecture: "all", ...row })),
)

const update = (row: object) =>
  Schema.decodeUnknownSync(AvailableUpdate)({
    manager: "apt",
    architecture: "all",
    from: "1.0",
    to: "2.0",
    origins: [],
    security: { verdict: "no", evidence: [] },
    installable: { answer: "yes" },
    ...row,
  })

const no = (reason: string) => ({ installable: { answer: "no", reason } })
const fixes = { security: { verdict: "yes", evidence: [] } }

const offered = new Set(["plain", "held", "pinned", "newer", "libc6", "elsewhere", "forbidden"])

const known = (updates: ReadonlyArray<AvailableUpdate> = []): Known => ({
  manager: "apt",
  compare,
  installed,
  updates,
  offersOf: (name) => {
    if (!offered.has(name)) return undefined
    const preference = name === "forbidden" ? { forbidden: "a preference gives it priority -1" } : {}
    return { candidate: "2.0", versions: ["2.0", "1.5"].map((version) => ({ version, ...preference })) }
  },
})

const choose = (request: object, updates: ReadonlyArray<AvailableUpdate> = []) => {
  const { targets, leftOut } = chooseTargets(
    Schema.decodeUnknownSync(InstallUpdates)(request),
    known(updates),
  )
  return {
    targets: targets.map(({ name, architecture, to }) => `${name}:${architecture}=${to}`),
    leftOut: Object.fromEntries(leftOut.map(({ name, reason }) => [name, reason])),
    rows: leftOut,
  }
}

const named = (...packages: ReadonlyArray<object>) => ({
  selection: { kind: "packages", packages: packages.map((row) => ({ version: "2.0", ...row })) },
})

describe("chooseTargets", () => {
  it("takes a named package at any version that is offered and newer", () => {
    assert.deepStrictEqual(choose(named({ name: "plain", version: "1.5" })).targets, ["plain:all=1.5"])
  })

  it("says why a named package is not a target", () => {
    const { targets, leftOut, rows } = choose(
      named(
        { name: "plain", version: "9" },
        { name: "held" },
        { name: "pinned" },
        { name: "forbidden" },
        { name: "newer" },
        { name: "elsewhere" },
        { name: "nowhere" },
      ),
      [update({ name: "pinned", ...no("pinned") })],
    )
    assert.deepStrictEqual(targets, [])
    assert.deepStrictEqual(leftOut, {
      plain: "unknown_version",
      held: "held",
      pinned: "pinned",
      forbidden: "pinned",
      newer: "already_current",
      elsewhere: "not_installed",
      nowhere: "unknown_package",
    })
    assert.include(rows.find(({ name }) => name === "newer")?.detail ?? "", "3.0 is installed")
  })

  it("takes every installed architecture, or the one that is named either way", () => {
    assert.deepStrictEqual(choose(named({ name: "libc6" })).targets, ["libc6:amd64=2.0", "libc6:i386=2.0"])
    assert.deepStrictEqual(choose(named({ name: "libc6", architecture: "i386" })).targets, ["libc6:i386=2.0"])
    assert.deepStrictEqual(choose(named({ name: "libc6:i386" })).targets, ["libc6:i386=2.0"])
  })

  it("takes the first of two wishes for one package", () => {
    const { targets, leftOut } = choose(named({ name: "plain" }, { name: "plain", version: "1.5" }))
    assert.deepStrictEqual([targets, leftOut], [["plain:all=2.0"], { plain: "conflict" }])
  })

  it("lets an exact version override a phased roll-out, but not a hold", () => {
    const phased = choose(named({ name: "plain" }), [update({ name: "plain", ...no("phased") })])
    assert.deepStrictEqual(phased.targets, ["plain:all=2.0"])
  })

  it("takes for security what is known to fix something, at the version that fixes it", () => {
    const { targets, leftOut, rows } = choose({ selection: { kind: "security" } }, [
      update({ name: "feature" }),
      update({ name: "unsure", security: { verdict: "unknown", evidence: [] } }),
      update({ name: "fixed", ...fixes }),
      update({
        name: "hidden",
        security: { verdict: "yes", evidence: [], fixedIn: "1.5" },
        ...no("conflict"),
      }),
      update({ name: "stuck", ...fixes, ...no("conflict") }),
      update({ name: "withdep", ...fixes, ...no("needs_new_dependency") }),
      update({ name: "kept", security: { verdict: "yes", evidence: [], fixedIn: "1.5" }, ...no("held") }),
    ])
    assert.deepStrictEqual(targets, ["fixed:all=2.0", "hidden:all=1.5", "withdep:all=2.0"])
    assert.deepStrictEqual(leftOut, {
      feature: "not_security",
      unsure: "not_security",
      stuck: "conflict",
      kept: "held",
    })
    assert.isDefined(rows.find(({ name }) => name === "unsure")?.detail)
  })

  it("takes what needs removals only when they are allowed", () => {
    const updates = [update({ name: "eater", ...no("needs_removal") }), update({ name: "plain" })]
    const all = { selection: { kind: "all" } }
    assert.deepStrictEqual(choose(all, updates).leftOut, { eater: "needs_removal" })
    assert.deepStrictEqual(choose({ ...all, allow_removals: true }, updates).targets, [
      "eater:all=2.0",
      "plain:all=2.0",
    ])
  })

  it("leaves out what is excluded, whatever the selection says", () => {
    const { targets, leftOut } = choose({
      ...named({ name: "plain" }, { name: "libc6" }),
      exclude: ["libc?", "x*"],
    })
    assert.deepStrictEqual([targets, leftOut], [["plain:all=2.0"], { libc6: "excluded_by_policy" }])
  })
})

describe("globMatches", () => {
  const glob = NameGlob.make
  it("fits whole names only, and takes + and . as they are", () => {
    assert.isTrue(globMatches(glob("linux-image-*"), "linux-image-6.1.0-18-amd64"))
    assert.isTrue(globMatches(glob("g++-1?"), "g++-12"))
    assert.isFalse(globMatches(glob("g++"), "ggg"))
    assert.isFalse(globMatches(glob("php8.2"), "php8x2"))
    assert.isFalse(globMatches(glob("libc6"), "libc6-dev"))
    assert.isTrue(globMatches(glob("*"), "anything"))
  })

  it("does not mind a pattern made to be tried in endless ways", () => {
    const started = performance.now()
    assert.isFalse(globMatches(glob(`${"*a".repeat(63)}*b`), "a".repeat(256)))
    assert.isTrue(globMatches(glob(`${"*a".repeat(63)}*b`), `${"a".repeat(255)}b`))
    assert.isTrue(globMatches(glob("*-dbg**"), "x-dbg-dbg"))
    assert.isFalse(globMatches(glob("?*?"), "x"))
    assert.isBelow(performance.now() - started, 1000)
  })

  it.prop(
    "agrees with the same pattern as a regular expression",
    [Schema.Array(Schema.Literals(["a", "b", "*", "?"])), Schema.Array(Schema.Literals(["a", "b"]))],
    ([pattern, letters]) => {
      const expression = pattern.slice(0, 8).map((part) => (part === "*" ? ".*" : part === "?" ? "." : part))
      const name = letters.join("")
      const whole = `a${pattern.slice(0, 8).join("")}`
      return globMatches(glob(whole), `a${name}`) === new RegExp(`^a${expression.join("")}$`).test(`a${name}`)
    },
  )
})
