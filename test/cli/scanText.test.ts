import { assert, describe, it } from "@effect/vitest"
import { paint } from "../../src/cli/plainText.ts"
import { scanText } from "../../src/cli/scanText.ts"
import { Scan } from "../../src/domain/Scan.ts"
import { partial, upToDate, withUpdates } from "./sampleScan.ts"
import { nativeOnly } from "./sampleVulnerabilities.ts"

const plain = paint(false)

describe("scanText", () => {
  it("says 0 updates of a complete scan that found none", ({ expect }) => {
    expect(scanText(upToDate, plain)).toMatchInlineSnapshot(`
      "Scan complete: 2 packages, 0 updates
      apt; took 2 s

      Reboot required: no"
    `)
  })

  it("lists security updates first and says why an update cannot be installed", ({ expect }) => {
    expect(scanText(withUpdates, plain)).toMatchInlineSnapshot(`
      "Scan complete: 2 packages, 3 updates (1 security, 2 not installable now)
      apt; took 2 s

      PACKAGE        INSTALLED  AVAILABLE  SECURITY  INSTALLABLE
      openssl:amd64  3.0.14-1   3.0.15-1   yes       yes
      bash:amd64     5.2.15-2   5.2.15-3   no        no: held (held since [31mMay)
      vim:amd64      9.0-1      9.0-2      unknown   no: needs new dependency

      Reboot required: yes (libc6 was upgraded)"
    `)
  })

  it("says what a partial scan could not see and what mends broken packages", ({ expect }) => {
    expect(scanText(partial, plain)).toMatchInlineSnapshot(`
      "Scan partial: 2 packages, no update seen
      apt, dnf (not patchable); took 2 s

      Partial, because
        apt: index stale: the newest index is 9 days old; run apt-get update
        dnf: lines not understood (3): dnf said something new
        no manager: nothing found

      Not properly installed
        postfix 3.7.11-0 is half-configured -> dpkg --configure -a
        less must be reinstalled -> apt-get install --reinstall NAME

      Reboot required: unknown (/boot cannot be read)"
    `)
  })

  it("shows vulnerabilities between the updates and what stands against trusting the scan", ({ expect }) => {
    expect(scanText({ ...withUpdates, vulnerabilities: nativeOnly }, plain)).toMatchInlineSnapshot(`
      "Scan complete: 2 packages, 3 updates (1 security, 2 not installable now)
      Vulnerabilities: updates of 1 package fix 1 CVE; others unknown, because there are no vendor data
      apt; took 2 s

      PACKAGE        INSTALLED  AVAILABLE  SECURITY  INSTALLABLE
      openssl:amd64  3.0.14-1   3.0.15-1   yes       yes
      bash:amd64     5.2.15-2   5.2.15-3   no        no: held (held since [31mMay)
      vim:amd64      9.0-1      9.0-2      unknown   no: needs new dependency

      KEV  CVE         PACKAGE  INSTALLED  FIXED  FIX        SEVERITY  ADVISORY
           CVE-2026-1  openssl  1.0-1      1.0-2  available            DSA-1-1

      Vulnerability data: no vendor data for fedora-42: no feed

      Reboot required: yes (libc6 was upgraded)"
    `)
  })

  it("aligns columns whether or not it uses colours", () => {
    const bare = scanText(withUpdates, paint(true)).replaceAll(/\p{Cc}\[\d+m/gu, "")
    assert.strictEqual(bare, scanText(withUpdates, plain))
  })

  it.prop(
    "never says 0 updates of a partial scan, nor lets an escape sequence through",
    [Scan],
    ([scan]) => {
      const text = scanText(scan, plain)
      assert.notMatch(text, /(?!\n)\p{Cc}/u)
      if (scan.completeness.verdict === "partial") assert.notMatch(text, /\b0 updates/)
    },
    { arbitrary: { runs: 50 } },
  )
})
