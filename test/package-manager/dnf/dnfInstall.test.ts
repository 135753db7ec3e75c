import { assert, describe, it } from "@effect/vitest"
import * as Schema from "effect/Schema"
import { PlannedInstall } from "../../../src/domain/InstallPlan.ts"
import type { DnfDialect } from "../../../src/package-manager/dnf/dnfDialect.ts"
import { performUpgrade, simulateUpgrade, specsOf } from "../../../src/package-manager/dnf/dnfInstall.ts"

const decode = Schema.decodeUnknownSync(PlannedInstall)
const target = (name: string, to: string, architecture: string) =>
  decode({ manager: "dnf", name, to, architecture, origins: [], role: "requested" })

const installed = [
  { name: target("plain", "1-1", "noarch").name, architecture: target("a", "1-1", "noarch").architecture },
  { name: target("old", "1-1", "noarch").name, architecture: target("a", "1-1", "noarch").architecture },
]

describe("specsOf", () => {
  it("names a package exactly, by itself where its architecture changes, and by what it replaces", () => {
    assert.deepStrictEqual(
      specsOf(
        [
          target("plain", "1:2-1", "noarch"),
          target("plain", "2-1", "x86_64"),
          target("new", "2-1", "noarch"),
        ],
        installed,
        ["old", "gone"],
      ),
      ["plain-1:2-1.noarch", "plain", "old"],
    )
    assert.deepStrictEqual(specsOf([target("new", "2-1", "noarch")], installed, []), ["new-2-1.noarch"])
  })
})

describe("the command line", () => {
  const dialect = (kind: DnfDialect["kind"]): DnfDialect => ({
    kind,
    program: kind === "yum3" ? "yum" : kind === "dnf5" ? "dnf5" : "dnf",
    version: "0",
  })
  const wanted = { specs: ["a-2-1.noarch"], allowRemovals: false }

  it("plans from what is cached, and refuses where a general upgrade would leave out", () => {
    const { args } = simulateUpgrade(dialect("dnf5"), wanted)
    assert.includeMembers([...args], ["--cacheonly", "--assumeno"])
    assert.deepStrictEqual(args.slice(-3), ["upgrade", "--best", "a-2-1.noarch"])
    const removing = simulateUpgrade(dialect("dnf4"), { ...wanted, allowRemovals: true })
    assert.deepStrictEqual(removing.args.slice(-4), ["upgrade", "--best", "--allowerasing", "a-2-1.noarch"])
    assert.deepStrictEqual(simulateUpgrade(dialect("yum3"), wanted).args.slice(-2), [
      "update-to",
      "a-2-1.noarch",
    ])
  })

  it("installs without refreshing metadata, and without waiting for ever", () => {
    for (const kind of ["dnf4", "yum3"] as const) {
      const { args } = performUpgrade(dialect(kind), wanted)
      assert.includeMembers(
        [...args],
        ["--assumeyes", "--setopt=exit_on_lock=True", "--setopt=*.metadata_expire=never"],
      )
      assert.notInclude(args, "--cacheonly")
    }
    // dnf5 has no such option
    assert.notInclude(performUpgrade(dialect("dnf5"), wanted).args, "--setopt=exit_on_lock=True")
  })
})
