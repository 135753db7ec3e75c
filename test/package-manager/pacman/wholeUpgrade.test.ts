import { assert, describe, it } from "@effect/vitest"
import * as Option from "effect/Option"
import { localPackage } from "../../../src/package-manager/pacman/localDatabase.ts"
import type { SyncRecord } from "../../../src/package-manager/pacman/syncRecord.ts"
import {
  exclusions,
  objectionsOf,
  replacements,
  type PlannedPackage,
} from "../../../src/package-manager/pacman/wholeUpgrade.ts"

const local = (name: string, version: string, fields = "") =>
  Option.getOrThrow(
    localPackage(
      `${name}-${version}`,
      `%NAME%\n${name}\n\n%VERSION%\n${version}\n\n%ARCH%\nany\n\n${fields}`,
    ),
  )

const planned = (name: string, version: string, fields: Partial<SyncRecord> = {}): PlannedPackage => ({
  repository: "extra",
  name,
  version,
  bytes: 1,
  record: {
    repository: "extra",
    name,
    version,
    architecture: "any",
    provides: [],
    conflicts: [],
    replaces: [],
    ...fields,
  },
})

const never = () => false

describe("replacements", () => {
  const successor = planned("new", "2-1", { replaces: ["old<2"] })

  it("are installed packages that a new one declares to replace, at the versions it says", () => {
    const found = replacements([successor], [local("old", "1-1"), local("other", "1-1")], never)
    assert.deepStrictEqual([...found.keys()], ["old"])
    assert.strictEqual(replacements([successor], [local("old", "2-1")], never).size, 0)
  })

  it("are none where the package is upgraded itself, or its repository still has it", () => {
    const installed = [local("old", "1-1")]
    assert.strictEqual(replacements([successor, planned("old", "1.1-1")], installed, never).size, 0)
    assert.strictEqual(replacements([successor], installed, () => true).size, 0)
  })

  it("are none of an upgrade of the successor", () => {
    assert.strictEqual(replacements([successor], [local("old", "1-1"), local("new", "1-1")], never).size, 0)
  })
})

describe("exclusions", () => {
  const names = (found: ReturnType<typeof exclusions>) =>
    [...found].map(([name, locals]) => [name, ...locals.map(({ row }): string => row.name)])

  it("are found whoever of the two declares the conflict, by name or by what is provided", () => {
    const installed = [
      local("victim", "1-1"),
      local("mail", "1-1", "%PROVIDES%\nsmtp-server\n\n"),
      local("jealous", "1-1", "%CONFLICTS%\nrival>=2\n\n"),
      local("bystander", "1-1"),
    ]
    const installs = [
      planned("a", "2-1", { conflicts: ["victim"] }),
      planned("b", "2-1", { conflicts: ["smtp-server"] }),
      planned("rival", "2-1"),
      planned("c", "2-1", { conflicts: ["victim>5"] }),
    ]
    assert.deepStrictEqual(names(exclusions(installs, installed, new Map())), [
      ["a", "victim"],
      ["b", "mail"],
      ["rival", "jealous"],
    ])
  })

  it("are none with what the upgrade changes itself", () => {
    const successor = planned("new", "2-1", { conflicts: ["old", "peer"], provides: ["old=2"] })
    const installed = [local("old", "1-1"), local("peer", "1-1")]
    const replaced = new Map([["old", successor]])
    assert.deepStrictEqual(names(exclusions([successor, planned("peer", "2-1")], installed, replaced)), [])
  })

  it("stand in the way of all until removals are allowed", () => {
    const victim = local("victim", "1-1")
    const upgrade = { installs: [], replaced: new Map(), excluded: new Map([["a", [victim]]]) }
    const objections = objectionsOf({ upgrade }, false)
    assert.deepStrictEqual(
      [...(objections?.blamed ?? [])].map(([name, { reason }]) => [name, reason]),
      [["a", "needs_removal"]],
    )
    assert.strictEqual(objections?.words, "a excludes victim, which would have to be removed")
    assert.isUndefined(objectionsOf({ upgrade }, true))
  })
})
