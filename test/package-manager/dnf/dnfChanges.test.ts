import { assert, describe, it } from "@effect/vitest"
import * as Schema from "effect/Schema"
import { InstalledPackage } from "../../../src/domain/Package.ts"
import { changesOf, lossesOf } from "../../../src/package-manager/dnf/dnfChanges.ts"
import { parseTransactionTable } from "../../../src/package-manager/dnf/dnfTransactionTable.ts"

const installed = Schema.decodeUnknownSync(Schema.Array(InstalledPackage))(
  [
    ["kernel", "x86_64", "6.1.1-1"],
    ["kernel", "x86_64", "6.1.2-1"],
    ["one", "noarch", "1-1"],
    ["multi", "i686", "1-1"],
    ["multi", "x86_64", "2-1"],
    ["old", "noarch", "1-1"],
    ["victim", "noarch", "1-1"],
  ].map(([name, architecture, version]) => ({ manager: "dnf", name, architecture, version })),
)

const table = parseTransactionTable(`Package Arch Version Repository Size
Upgrading:
 one x86_64 0:2-1 lab 0.0   B
   replacing one noarch 0:1-1 lab 0.0   B
   replacing old noarch 0:1-1 lab 0.0   B
 multi i686 0:3-1 lab 0.0   B
   replacing multi i686 0:1-1 lab 0.0   B
Installing:
 kernel x86_64 0:6.1.3-1 lab 0.0   B
 dep noarch 1:1-1 lab 0.0   B
Removing:
 kernel x86_64 0:6.1.1-1 lab 0.0   B
Removing dependent packages:
 victim noarch 0:1-1 lab 0.0   B

Transaction Summary:
 Installing:         2 packages
 Upgrading:          2 packages
 Replacing:          3 packages
 Removing:           2 packages
`)

describe("changesOf", () => {
  it("knows what each version comes in place of, and that an old kernel making room is no removal", () => {
    assert.strictEqual(table.notUnderstood, 0)
    const { installs, removals } = changesOf(table, installed)
    assert.deepStrictEqual(
      installs.map(({ name, architecture, from, to }): ReadonlyArray<string | undefined> => [
        `${name}.${architecture}`,
        from,
        to,
      ]),
      [
        ["one.x86_64", "1-1", "2-1"],
        ["multi.i686", "1-1", "3-1"],
        ["kernel.x86_64", "6.1.2-1", "6.1.3-1"],
        ["dep.noarch", undefined, "1:1-1"],
      ],
    )
    assert.deepStrictEqual(
      removals.map(({ name }): string => name),
      ["old", "victim"],
    )
    assert.deepStrictEqual(
      lossesOf(table).map(({ name }): string => name),
      ["victim"],
    )
  })
})
