import { assert, describe, it } from "@effect/vitest"
import * as Schema from "effect/Schema"
import { Architecture, PackageName, PackageVersion } from "../../../src/domain/Package.ts"
import type { Advisory } from "../../../src/package-manager/dnf/dnfAdvisories.ts"
import { indexAdvisories, securityOf } from "../../../src/package-manager/dnf/dnfSecurity.ts"

const offer = (version: string, repository = "lab") => ({
  name: Schema.decodeSync(PackageName)("a"),
  architecture: Schema.decodeSync(Architecture)("noarch"),
  version: Schema.decodeSync(PackageVersion)(version),
  repository,
})

const advisory = (id: string, version: string, type: "security" | "bugfix" = "security"): Advisory => ({
  nevra: { name: "a", architecture: "noarch", version },
  evidence: { kind: "advisory", value: id, advisory: type },
})

const security = (
  advisories: ReadonlyArray<Advisory> | undefined,
  versions: readonly [string, ...ReadonlyArray<string>],
  options: { readonly from?: string; readonly repository?: string; readonly isSamePackage?: boolean } = {},
) => {
  const { from = "1.0-1", repository = "lab", isSamePackage = true } = options
  const result = securityOf({
    from,
    target: offer(versions[0], repository),
    offers: versions.map((version) => offer(version, repository)),
    isSamePackage,
    index: advisories === undefined ? undefined : indexAdvisories(advisories),
    advisories: new Map([
      ["lab", "present"],
      ["extras", "none"],
      ["lost", "lost"],
    ]),
  })
  return [result.verdict, result.fixedIn, ...result.evidence.map(({ value }) => value)]
}

describe("securityOf", () => {
  it("counts advisories for versions above the installed one, up to the one that would come", () => {
    const advisories = [advisory("S-0", "1.0-1"), advisory("S-1", "1.1-1"), advisory("S-3", "3.0-1")]
    assert.deepStrictEqual(security(advisories, ["1.1-1"]), ["yes", undefined, "S-1"])
    assert.deepStrictEqual(security(advisories, ["1.2-1"], { from: "1.1-1" }), ["no", undefined])
  })

  it("names the lowest version on offer with all the fixes where that is not the newest", () => {
    const advisories = [
      advisory("S-1", "1.1-1"),
      advisory("S-2", "1.2-1"),
      advisory("B-3", "2.0-1", "bugfix"),
    ]
    const found = security(advisories, ["2.0-1", "1.3-1", "1.2-1", "1.1-1"])
    assert.deepStrictEqual(found, ["yes", "1.2-1", "S-1", "S-2", "B-3"])
    // a repository that keeps only the newest versions
    assert.deepStrictEqual(security(advisories, ["2.0-1", "1.1-1"]), ["yes", undefined, "S-1", "S-2", "B-3"])
  })

  it("says no only for a repository that has advisories on this host, and of the package itself", () => {
    assert.deepStrictEqual(security([], ["1.1-1"])[0], "no")
    assert.deepStrictEqual(security([], ["1.1-1"], { repository: "extras" })[0], "unknown")
    assert.deepStrictEqual(security([], ["1.1-1"], { repository: "lost" })[0], "unknown")
    assert.deepStrictEqual(security([], ["1.1-1"], { isSamePackage: false })[0], "unknown")
    assert.deepStrictEqual(security(undefined, ["1.1-1"])[0], "unknown")
    assert.deepStrictEqual(
      security([advisory("S-1", "1.1-1")], ["1.1-1"], { repository: "extras" })[0],
      "yes",
    )
  })
})
