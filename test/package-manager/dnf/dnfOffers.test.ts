import { assert, describe, it } from "@effect/vitest"
import * as Schema from "effect/Schema"
import { parseOffers, parseYumList } from "../../../src/package-manager/dnf/dnfOffers.ts"
import { recorded } from "./recordedDnf.ts"

const shown = ({ offers }: ReturnType<typeof parseOffers>) =>
  offers.map(
    ({ name, architecture, version, repository }) => `${name}.${architecture} ${version} ${repository}`,
  )

describe("parseOffers", () => {
  it("reads every recorded record, all versions of a package among them", () => {
    for (const host of ["dnf-4.5", "dnf-4.23", "dnf5-5.4"] as const) {
      const found = parseOffers(recorded(host, "upgrades-unfiltered.stdout"))
      assert.deepStrictEqual([found.offers.length, found.notUnderstood], [25, 0])
      assert.deepStrictEqual(
        shown(found).filter((text) => /lab-(?:hidden|epoch)/.test(text)),
        ["lab-epoch.noarch 1:1.1-1 lab", "lab-hidden.noarch 1.1-1 lab", "lab-hidden.noarch 2.0-1 lab"],
      )
    }
  })

  it("never takes chatter of plugins for a package, and counts what it does not know", () => {
    const found = parseOffers(
      [
        "Updating Subscription Management repositories.",
        "This system is registered with an entitlement server, but is not receiving updates. You can use subscription-manager to assign subscriptions.",
        "Failed loading plugin \"system_upgrade\": No module named 'systemd'",
        "lab-plain|(none)|1.1|1|noarch|lab|5590",
        "lab-plain|0|1.1|1|noarch|lab|many",
        "lab-plain|0|1.1|1|noarch||1",
        "lab-plain|0|1.1",
        "three words here",
        "-rf|0|1.1|1|noarch|lab|1",
      ].join("\n"),
    )
    assert.deepStrictEqual([shown(found), found.notUnderstood], [["lab-plain.noarch 1.1-1 lab"], 5])
  })
})

describe("parseYumList", () => {
  it("reads wrapped rows of check-update, leaves chatter alone and what replaces packages to the plan", () => {
    const found = parseYumList(recorded("yum-3.4", "upgrades-unfiltered.stdout"))
    assert.deepStrictEqual(shown(found), [
      "bash.x86_64 4.2.46-35.el7_9 updates",
      "java-1.8.0-openjdk-headless-with-a-name-that-fills-its-column.x86_64 1:1.8.0.412.b08-1.el7_9 updates",
      "kernel.x86_64 3.10.0-1160.119.1.el7 updates",
      "openssl-libs.x86_64 1:1.0.2k-26.el7_9 updates",
      "python-urllib3-with-a-version-that-is-too-long.noarch 1.10.2-7.20240101git0123456789abcdef0123456789.el7 epel",
    ])
    assert.strictEqual(found.notUnderstood, 0)
  })

  it("counts rows that are cut off or interleaved", () => {
    const text =
      "bash.x86_64   4.2.46-35.el7_9   updates\nkernel.x86_64\nopenssl.x86_64  1.0-1 updates extra\nerror: something went wrong\n   orphan 1\nzsh.x86_64   5.0"
    const found = parseYumList(text)
    assert.deepStrictEqual(shown(found), ["bash.x86_64 4.2.46-35.el7_9 updates"])
    assert.isAtLeast(found.notUnderstood, 4)
  })

  it.prop("never throws", [Schema.String], ([text]) => {
    parseYumList(text)
    parseOffers(text)
  })
})
