import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { parsePatchDetails, parsePatches } from "../../../src/package-manager/zypper/zypperPatches.ts"
import { broughtBy, fixedFrom, verdictOn } from "../../../src/package-manager/zypper/zypperSecurity.ts"
import { readStream } from "../../../src/package-manager/zypper/zypperStream.ts"
import { recorded, versions } from "./recordedZypper.ts"

const read = (body: string) => readStream(`<?xml version='1.0'?><stream>${body}</stream>`)

const described = (patch: string, conflicts: string) =>
  `<message type="info">Repository  : SLES\nName        : ${patch}\nDescription : \n    Conflicts   : not this\nProvides    : patch:${patch} = 1\nConflicts   : ${conflicts}\n</message>`

describe("zypper's patches", () => {
  it.effect.each(versions)("are all there when some are blocked: %s", (version) =>
    Effect.gen(function* () {
      const { patches, notUnderstood } = parsePatches(
        yield* readStream(recorded(version, "list-patches-blocked.xml")),
      )
      assert.strictEqual(notUnderstood, 0)
      assert.strictEqual(patches.length, 7)
      assert.deepStrictEqual(
        patches.flatMap(({ name, goesFirst, restart }) =>
          restart === undefined ? [] : [[name, goesFirst, restart]],
        ),
        [
          ["LABBA-2099:0010", true, "package_manager"],
          ["LABBA-2099:0011", false, "reboot"],
        ],
      )
    }),
  )

  it.effect("say what they are for by their category, whatever their name", () =>
    Effect.gen(function* () {
      const patch = (name: string, category: string, more = "") =>
        `<update kind="patch" name="${name}" category="${category}" severity="moderate" pkgmanager="false" restart="false" ${more}/>`
      const { patches, notUnderstood } = parsePatches(
        yield* read(
          `${patch("a", "security")}${patch("b", "recommended")}${patch("c", "feature")}${patch("d", "yast")}${patch("-x", "security")}${patch("e", "security", 'status="unwanted"').replace('pkgmanager="false"', 'pkgmanager="true"')}`,
        ),
      )
      assert.deepStrictEqual(
        patches.map(({ name, advisory, goesFirst }) => [name, advisory, goesFirst]),
        [
          ["a", "security", false],
          ["b", "bugfix", false],
          ["c", "enhancement", false],
          ["d", "other", false],
          ["e", "security", false],
        ],
      )
      assert.strictEqual(notUnderstood, 1)
    }),
  )

  it.effect("name the packages they fix, for each architecture, and nothing else", () =>
    Effect.gen(function* () {
      const { byPackage, notUnderstood } = parsePatchDetails(
        yield* read(
          described(
            "S-1",
            "[4]\n    glibc.x86_64 &lt; 2.31-9.1\n    glibc-32bit &lt; 2.31-9.1\n    srcpackage:glibc &lt; 2.31-9.1\n    product:SLES &lt; 15",
          ) +
            described("S-2", "glibc &lt; 0:2.31-7.1") +
            described("S-3", "---") +
            described("S-4", "[3]\n    one &lt; 1-1"),
        ),
      )
      assert.deepStrictEqual(
        [...byPackage].map(
          ([name, fixes]) => `${name}: ${fixes.map(({ patch, version }) => `${patch} ${version}`).join()}`,
        ),
        ["glibc.x86_64: S-1 2.31-9.1", "glibc-32bit: S-1 2.31-9.1", "glibc: S-2 2.31-7.1"],
      )
      assert.strictEqual(notUnderstood, 1)
    }),
  )

  it.effect("speak for an update that brings what they ask for, and for no other", () =>
    Effect.gen(function* () {
      const { patches } = parsePatches(
        yield* read(
          ["old", "new", "later"]
            .map(
              (name) =>
                `<update kind="patch" name="${name}" category="security" severity="low" pkgmanager="false" restart="false"/>`,
            )
            .join(""),
        ),
      )
      const advisories = {
        patches: new Map(patches.map((patch) => [patch.name, patch])),
        fixes: new Map([
          [
            "p",
            [
              { patch: "old", version: "2-1" },
              { patch: "later", version: "9-1" },
            ],
          ],
          ["p.x86_64", [{ patch: "new", version: "3-1" }]],
          ["p.i586", [{ patch: "later", version: "3-1" }]],
        ]),
        isComplete: true,
      }
      const candidate = { name: "p", architecture: "x86_64", from: "1-1", to: "3-1" }
      const brought = broughtBy(candidate, advisories)
      assert.deepStrictEqual(
        brought.map(({ patch }) => patch.name),
        ["old", "new"],
      )
      assert.strictEqual(fixedFrom(brought), "3-1")
      assert.deepStrictEqual(broughtBy({ ...candidate, from: "3-1", to: "4-1" }, advisories), [])
      const verdict = (isComplete: boolean, hasAdvisories: boolean) =>
        verdictOn([], { ...advisories, isComplete }, hasAdvisories).verdict
      assert.deepStrictEqual(
        [verdict(true, true), verdict(true, false), verdict(false, true)],
        ["no", "unknown", "unknown"],
      )
    }),
  )
})
