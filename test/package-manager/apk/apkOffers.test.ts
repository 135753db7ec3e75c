import { assert, describe, it } from "@effect/vitest"
import * as Schema from "effect/Schema"
import { parseDescriptions } from "../../../src/package-manager/apk/collectDescriptions.ts"
import { parseList, parseQuery } from "../../../src/package-manager/apk/apkOffers.ts"
import { parsePolicies } from "../../../src/package-manager/apk/apkPolicy.ts"
import { generations, recorded } from "./recordings.ts"

const offered = ({ offers }: ReturnType<typeof parseList>) =>
  offers.map(({ name, version }) => `${name} ${version}`)

describe("the list of newer versions", () => {
  it("is the same in both generations", () => {
    const [list, query] = [
      parseList(recorded(2, "upgradable").stdout),
      parseQuery(recorded(3, "upgradable").stdout),
    ]
    assert.deepStrictEqual([list.notUnderstood, query.notUnderstood], [0, 0])
    assert.deepStrictEqual(offered(list), offered(query))
    assert.includeMembers(offered(list), ["lab-less 1.1-r0", "lab-less 2.0-r0", "lab-libs 2.0-r1"])
  })

  it("has repositories and sizes in apk 3", () => {
    const row = parseQuery(recorded(3, "upgradable").stdout).offers.find(({ name }) => name === "lab-plain")
    assert.deepStrictEqual(
      [row?.repositories, row?.downloadBytes, row?.installedBytes],
      [["http://repo.example.org/main"], 976, 17],
    )
  })

  it("would be empty in apk 3 if no pattern were given", () => {
    assert.deepStrictEqual(parseQuery(recorded(3, "upgradable-without-pattern").stdout), {
      offers: [],
      notUnderstood: 0,
    })
  })

  it("takes licences with brackets, and versions without a revision", () => {
    const text =
      "gtk+3.0-3.24.43-r0 x86_64 {gtk+3.0} (LGPL-2.1-or-later AND (MIT OR X11)) [upgradable from: gtk+3.0-3.24.42-r0]\nlab-x-1.2 noarch {lab-x} (MIT)\n"
    assert.deepStrictEqual(offered(parseList(text)), ["gtk+3.0 3.24.43-r0", "lab-x 1.2"])
  })

  it("counts every line that something else put into it", () => {
    const { stdout } = recorded(2, "upgradable")
    assert.strictEqual(parseList(`rubbish\n${stdout}\u0000\u0001 more\n`).notUnderstood, 2)
    assert.isAbove(parseList(stdout.slice(0, -20)).notUnderstood, 0)
  })

  it("counts JSON that is cut off, interleaved or of another shape", () => {
    const { stdout } = recorded(3, "upgradable")
    for (const text of [stdout.slice(0, -20), stdout.replace("[", "[ oops"), "", `${stdout}rubbish`]) {
      const found = parseQuery(text)
      assert.deepStrictEqual(found.offers, [])
      assert.isAbove(found.notUnderstood, 0)
    }
    assert.deepStrictEqual(
      parseQuery('[{"name":"a"},{"name":"b","version":"1","repositories":[]}]').notUnderstood,
      1,
    )
  })

  it.prop("never fails on any text", [Schema.String], ([text]) => {
    parseList(text)
    parseQuery(text)
    parsePolicies(text)
    parseDescriptions(text)
  })
})

describe("the policy", () => {
  it.each(generations)("of apk %i tells versions, repositories and tags", (generation) => {
    const { versions, notUnderstood } = parsePolicies(recorded(generation, "policy").stdout)
    assert.strictEqual(notUnderstood, 0)
    const main = { name: "http://repo.example.org/main" }
    const edge = { name: "http://repo.example.org/edge", tag: "@edge" }
    assert.deepStrictEqual(versions.get("lab-less"), [
      { version: "1.0-r0", isInstalled: true, repositories: [] },
      { version: "1.1-r0", isInstalled: false, repositories: [main] },
      { version: "2.0-r0", isInstalled: false, repositories: [main] },
    ])
    assert.deepStrictEqual(versions.get("lab-tagged"), [
      { version: "2.0-r0", isInstalled: true, repositories: [edge] },
    ])
    assert.deepStrictEqual(versions.get("lab-orphan"), [
      { version: "1.0-r0", isInstalled: true, repositories: [] },
    ])
    assert.isFalse(versions.has("lab-nothere"))
  })

  it.each(generations)("of apk %i gives no password away", (generation) => {
    const { versions } = parsePolicies(recorded(generation, "policy-with-password").stdout)
    assert.deepStrictEqual(
      versions.get("lab-plain")?.flatMap(({ repositories }) => repositories),
      [{ name: "http://repo.example.org/main" }],
    )
  })

  it("counts lines out of place", () => {
    assert.strictEqual(parsePolicies("    http://repo.example.org\n  1.0:\nrubbish\n").notUnderstood, 3)
  })
})

describe("descriptions", () => {
  it.each(generations)("of apk %i are found for every version", (generation) => {
    const found = parseDescriptions(recorded(generation, "descriptions").stdout)
    assert.deepStrictEqual(found.get("lab-newdep-lib-1.0-r0"), {
      summary: "Lab package lab-newdep-lib",
      homepage: "https://lab.example.org/lab-newdep-lib",
    })
  })
})
