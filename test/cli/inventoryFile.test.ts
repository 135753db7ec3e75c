import * as NodeFileSystem from "@effect/platform-node/NodeFileSystem"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import { parseInventory, readInventory } from "../../src/cli/inventoryFile.ts"
import { InstalledPackage } from "../../src/domain/Package.ts"
import { type Release, releaseNamed } from "../../src/vulnerability/release.ts"

const named = (name: string): Release => Option.getOrThrow(releaseNamed(name))
const alma = named("almalinux-9")

const encode = Schema.encodeSync(Schema.Array(InstalledPackage))
const rows = (text: string, release = alma) => {
  const { packages, faults } = parseInventory(text, release)
  assert.deepStrictEqual(faults, [])
  return encode(packages)
}
const faultsOf = (text: string) => parseInventory(text, alma).faults

describe("parseInventory", () => {
  it("reads the columns by the names in the header, whatever their order, and passes over others", () => {
    assert.deepStrictEqual(
      rows(
        [
          "vendor\tversion\tname\tmodule\tarch\tsource_version\tsource",
          "Alma\t1:18.1-1.el9\tnodejs-libs\tnodejs:18:9:a:x86_64\tx86_64\t18.1-1.el9\tnodejs",
          "Alma\t5.1.8-9.el9\tbash\t\tx86_64\t5.1.8-9.el9\tbash",
          "",
        ].join("\n"),
      ),
      [
        {
          manager: "dnf",
          name: "nodejs-libs",
          architecture: "x86_64",
          version: "1:18.1-1.el9",
          source: "nodejs",
          sourceVersion: "18.1-1.el9",
          module: "nodejs:18:9:a:x86_64",
        },
        { manager: "dnf", name: "bash", architecture: "x86_64", version: "5.1.8-9.el9" },
      ],
    )
  })

  it("takes CR LF, a byte order mark, blanks, short lines, and rpm's word for nothing", () => {
    const text =
      "\u{feff}Name\tVersion\tArch\tModule\r\nbash \t (none):5.1.8-9.el9\r\nless\t590-1\tnoarch\t(none)\r\n\r\n"
    assert.deepStrictEqual(rows(text), [
      { manager: "dnf", name: "bash", architecture: "noarch", version: "5.1.8-9.el9" },
      { manager: "dnf", name: "less", architecture: "noarch", version: "590-1" },
    ])
  })

  it.each([
    ["debian-12", "apt", "all"],
    ["almalinux-9", "dnf", "noarch"],
    ["alpine-3.20", "apk", "noarch"],
    ["arch", "pacman", "any"],
  ] as const)("gives packages of %s to %s", (release, manager, architecture) => {
    assert.deepStrictEqual(rows("name\tversion\nbash\t5.2-1", named(release)), [
      { manager, name: "bash", architecture, version: "5.2-1" },
    ])
  })

  const wrong: ReadonlyArray<readonly [string, RegExp]> = [
    ["", /^line 1: no column name and version/],
    ["bash\t5.1-1\n", /^line 1: no column name and version/],
    ["name version\nbash 5.1-1", /^line 1: no column name and version/],
    ["name\tversion\tname\nbash\t5.1-1\tx", /^line 1: the column name is there twice$/],
    ["name\tversion\n", /^no packages$/],
    ["name\tversion\n\nbash\t", /^line 3: the version is empty$/],
    ["name\tversion\n\t5.1-1", /^line 2: the name is empty$/],
    ["name\tversion\nbash\t5.1-1\tx86_64", /^line 2: 3 fields, but the header has 2$/],
    ["name\tversion\n-rf\t1", /^line 2: "-rf 1" is not a package of almalinux-9$/],
    ["name\tversion\nbash\t5.1 9", /^line 2: "bash 5.1 9" is not a package/],
    ["name\tversion\nba\u{1b}[2Jsh\t5.1-1", /^line 2: "ba \[2Jsh 5.1-1" is not a package/],
    [`name\tversion\tsource\nbash\t5.1-1\t${"x".repeat(1025)}`, /^line 2: "bash 5.1-1" is not a package/],
  ]
  it.each(wrong)("refuses %j", (text, fault) => {
    const faults = faultsOf(text)
    assert.lengthOf(faults, 1)
    assert.match(faults[0] ?? "", fault)
  })

  it.prop("never throws, and gives faults or packages for any text", [Schema.String], ([text]) => {
    const { packages, faults } = parseInventory(`name\tversion\tarch\n${text}`, alma)
    assert.isAbove(packages.length + faults.length, 0)
  })
})

describe("readInventory", () => {
  it.live("names the first lines that are wrong, and how many more there are", () =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(readInventory("/dev/null", alma))
      assert.strictEqual(
        error.message,
        "/dev/null: line 1: no column name and version; it must be the header, separated by tabs: name version arch source source_version module",
      )
      const missing = yield* Effect.flip(readInventory("/nonexistent/inventory.tsv", alma))
      assert.strictEqual(missing.message, "/nonexistent/inventory.tsv: there is no such file")
    }).pipe(Effect.provide(NodeFileSystem.layer)),
  )
})
