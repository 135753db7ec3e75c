import { assert, describe, it } from "@effect/vitest"
import { findingsSummary, findingsText } from "../../src/cli/findingsText.ts"
import { paint } from "../../src/cli/plainText.ts"
import { Vulnerabilities } from "../../src/domain/Finding.ts"
import { finding } from "../vulnerability/sampleFindings.ts"
import { clean, doubtful, everyState, many, nativeOnly, noData } from "./sampleVulnerabilities.ts"

const plain = paint(false)

describe("findingsSummary", () => {
  it.each([
    [
      "each state",
      everyState,
      "updates of 1 package fix 1 CVE (1 known exploited); a restart fixes 1 CVE; updates that cannot be installed now fix 1 CVE; a subscription fixes 1 CVE; 1 CVE fixed in no enabled repository; 1 CVE fixed in newer versions; 1 CVE has no fix yet (1 known exploited); 2 packages not evaluated (1 third party, 1 old kernel)",
    ],
    ["many", many, "updates of 24 packages fix 24 CVEs"],
    ["nothing found", clean, "none known"],
    ["fixed issues only", doubtful, "none known that has a fix; 1 package not evaluated (third party)"],
    [
      "a live patch",
      { ...clean, findings: [finding({ fix: "mitigated_livepatch" })] },
      "a live patch mitigates 1 CVE",
    ],
    ["no vendor data", noData, "unknown, because there are no vendor data"],
    [
      "the package manager's data alone",
      nativeOnly,
      "updates of 1 package fix 1 CVE; others unknown, because there are no vendor data",
    ],
  ])("says of %s what is known", (_, found, summary) => {
    assert.strictEqual(findingsSummary(found), summary)
  })
})

describe("findingsText", () => {
  const text = (found: Vulnerabilities, all = false) => findingsText(found, all, plain).join("\n")

  it("shows what can be done about each finding, and what is hidden", ({ expect }) => {
    expect(text(everyState)).toMatchInlineSnapshot(`
      "KEV         CVE         PACKAGE  INSTALLED  FIXED     FIX                                   SEVERITY   ADVISORY
      ransomware  CVE-2026-1  openssl  3.0.14-1   3.0.15-1  available                             critical   DSA-1-1 +1
      yes         CVE-2026-2  curl     1.0-1      -         none                                  CVSS 7.5   DSA-1-1
                  CVE-2026-3  bash     1.0-1      1.0-2     held                                  moderate   DSA-1-1
                  CVE-2026-4  ffmpeg   1.0-1      1.0-2     needs channel (pro)
                  CVE-2026-5  linux    1.0-1      1.0-2     pending reboot                        important  DSA-1-1
                  CVE-2026-6  vim      1.0-1      1.0-2     not in enabled repos                             DSA-1-1
                  CVE-2026-7  nodejs   1.0-1      1.0-2     unknown, unsure of the module stream  low        DSA-1-1
      Not shown: 2 findings negligible or under investigation; --all shows everything

      Vulnerability data: debian-12 of 2026-08-21 (serial 412, MIT, tracker 1f2e3d)"
    `)
  })

  it("shows everything on demand", () => {
    assert.include(text(everyState, true), "CVE-2026-8")
    assert.include(text(everyState, true), "CVE-2026-9")
    assert.notInclude(text(everyState, true), "Not shown")
    assert.lengthOf(text(many, true).split("\n"), 27)
  })

  it("shows as many as a person reads, and says how many more there are", ({ expect }) => {
    expect(text(many).split("\n").slice(-4).join("\n")).toMatchInlineSnapshot(`
      "     CVE-2026-119  p19      1.0-1      2      available            DSA-1-1
      Not shown: 4 more findings; --all shows everything

      Vulnerability data: debian-12 of 2026-08-21 (serial 412, MIT, tracker 1f2e3d)"
    `)
  })

  it("says when data are old, one-sided or missing", ({ expect }) => {
    expect([doubtful, noData, clean].map((found) => text(found)).join("\n")).toMatchInlineSnapshot(`
      "Vulnerability data: alpine-3.15 of 2026-08-21 (serial 412, MIT, tracker 1f2e3d); expired on 2026-08-28, newer vulnerabilities are missing; fixed issues only, what has no fix yet is not in it; end of life, the vendor looks after this release no more
      Vulnerability data: no vendor data for this system: nobody signed [31mit
      Vulnerability data: debian-12 of 2026-08-21 (serial 412, MIT, tracker 1f2e3d)"
    `)
  })

  it("aligns columns whether or not it uses colours", () => {
    const bare = findingsText(everyState, true, paint(true))
      .join("\n")
      .replaceAll(/\p{Cc}\[\d+m/gu, "")
    assert.strictEqual(bare, text(everyState, true))
  })

  it.prop(
    "lets no escape sequence through, and never says that there are none without vendor data",
    [Vulnerabilities],
    ([found]) => {
      const all = [findingsSummary(found), ...findingsText(found, true, plain)].join("\n")
      assert.notMatch(all, /(?!\n)\p{Cc}/u)
      if (found.coverage.verdict === "no_vendor_data") assert.notMatch(all, /none known|\b0 CVEs/)
    },
    { arbitrary: { runs: 50 } },
  )
})
