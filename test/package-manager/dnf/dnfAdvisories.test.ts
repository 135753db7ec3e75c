import { assert, describe, it } from "@effect/vitest"
import * as Option from "effect/Option"
import { parseAdvisoryDocuments, parseAdvisoryLists } from "../../../src/package-manager/dnf/dnfAdvisories.ts"
import { recorded } from "./recordedDnf.ts"

const shown = ({ advisories }: ReturnType<typeof parseAdvisoryLists>) =>
  advisories.map(({ nevra, evidence }) =>
    [
      evidence.value,
      evidence.advisory,
      evidence.severity ?? "-",
      ...(evidence.cves ?? []),
      `${nevra.name} ${nevra.version}`,
    ].join(" "),
  )

const lab = [
  "LABBA-2099:0001 bugfix - lab-plain 1.1-1",
  "LABEA-2099:0001 enhancement - lab-hidden 2.0-1",
  "LABSA-2099:0001 security Important CVE-2099-0001 CVE-2099-0002 lab-secfix 1.1-1",
  "LABSA-2099:0002 security Critical CVE-2099-0003 lab-hidden 1.1-1",
  "LABSA-2099:0003 security Moderate lab-nocve 1.1-1",
  "LABSA-2099:0004 security Important CVE-2099-0004 kernel 6.1.3-1",
  "LABSA-2099:0004 security Important CVE-2099-0004 kernel-core 6.1.3-1",
  // listed though its version is in no repository
  "LABSA-2099:0009 security Low CVE-2099-0009 lab-withdrawn 1.1-1",
]

describe("advisories", () => {
  it.each(["dnf-4.5", "dnf-4.23"] as const)(
    "of %s come from two lists, for the one with CVEs leaves out those without",
    (host) => {
      const found = parseAdvisoryLists(
        recorded(host, "advisories.stdout"),
        recorded(host, "advisory-cves.stdout"),
      )
      assert.deepStrictEqual([shown(found).toSorted(), found.notUnderstood], [lab, 0])
    },
  )

  it("of dnf5 come from two documents, of which only the list has the packages of every collection", () => {
    const read = (file: string) => recorded("dnf5-5.4", `${file}.stdout`)
    const found = Option.getOrThrow(parseAdvisoryDocuments(read("advisories"), read("advisory-cves")))
    assert.deepStrictEqual([shown(found).toSorted(), found.notUnderstood], [lab, 0])
    const several = JSON.stringify([
      { Name: "A-1", references: [], collections: { packages: ["b-1-1.noarch"] } },
    ])
    const rows = JSON.stringify(
      ["a-1-1.noarch", "b-1-1.noarch", "c"].map((nevra) => ({ name: "A-1", type: "security", nevra })),
    )
    const split = Option.getOrThrow(parseAdvisoryDocuments(rows, several))
    assert.deepStrictEqual(
      [shown(split), split.notUnderstood],
      [["A-1 security - a 1-1", "A-1 security - b 1-1"], 1],
    )
    assert.isTrue(Option.isNone(parseAdvisoryDocuments("[", "[]")))
    assert.isTrue(Option.isNone(parseAdvisoryDocuments("[]", '[{"name": 1}]')))
  })

  it("of yum are told by the same words, and the type decides whatever the prefix", () => {
    const found = parseAdvisoryLists(
      recorded("yum-3.4", "advisories.stdout"),
      recorded("yum-3.4", "advisory-cves.stdout"),
    )
    assert.deepStrictEqual(shown(found), [
      "RHSA-2024:0001 security Important CVE-2024-0001 CVE-2024-0002 kernel 3.10.0-1160.119.1.el7",
      "RHSA-2024:0002 security - bash 4.2.46-35.el7_9",
      "RHBA-2024:0003 bugfix - openssl-libs 1:1.0.2k-26.el7_9",
      "RHEA-2024:0004 other - htop 2.2.0-3.el7",
    ])
    const unusual = parseAdvisoryLists("FEDORA-EPEL-2024-1 Unknown/Sec. a-1-1.noarch\nnonsense\n", "")
    assert.deepStrictEqual(
      [shown(unusual), unusual.notUnderstood],
      [["FEDORA-EPEL-2024-1 security - a 1-1"], 1],
    )
  })
})
