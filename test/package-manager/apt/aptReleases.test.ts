import { assert, describe, it } from "@effect/vitest"
import * as DateTime from "effect/DateTime"
import { parseRelease, releaseFinder } from "../../../src/package-manager/apt/aptReleases.ts"
import { recorded } from "./recordedHost.ts"

describe("parseRelease", () => {
  it("reads a signed file", () => {
    const file = parseRelease(
      recorded("debian-12-real", "lists/deb.example.org_debian-security_dists_bookworm-security_InRelease"),
    )
    assert.deepInclude(file, {
      origin: "Debian",
      label: "Debian-Security",
      suite: "oldstable-security",
      codename: "bookworm-security",
      notAutomatic: false,
    })
    assert.strictEqual(file.validUntil && DateTime.formatIso(file.validUntil), "2026-11-28T00:53:02.000Z")
  })

  it("reads a bare one, whatever the case of its field names", () => {
    assert.deepEqual(
      parseRelease("origin: Acme\nSUITE: stable\nNotAutomatic: yes\nButAutomaticUpgrades: yes\n"),
      {
        origin: "Acme",
        suite: "stable",
        notAutomatic: true,
      },
    )
  })

  it("takes nothing from a text that is none", () => {
    assert.deepEqual(parseRelease("<html>Origin: x</html>\nDate: soon\nValid-Until: later\n"), {
      notAutomatic: false,
    })
  })
})

describe("releaseFinder", () => {
  const found = releaseFinder(
    new Map(
      [
        "http://deb.example.org/debian/dists/bookworm/",
        "http://deb.example.org/debian/dists/bookworm-updates/",
        "http://deb.example.org/debian-security/dists/buster/updates/",
        "file:/srv/flat/./",
        "copy:/srv/sub/",
      ].map((folder) => [folder, { label: folder, notAutomatic: false }]),
    ),
  )

  it.each([
    [
      "http://deb.example.org/debian bookworm/main amd64 Packages",
      "http://deb.example.org/debian/dists/bookworm/",
    ],
    [
      "http://deb.example.org/debian bookworm-updates/main i386 Packages",
      "http://deb.example.org/debian/dists/bookworm-updates/",
    ],
    [
      "http://deb.example.org/debian-security buster/updates/main amd64 Packages",
      "http://deb.example.org/debian-security/dists/buster/updates/",
    ],
    ["file:/srv/flat ./ Packages", "file:/srv/flat/./"],
    ["copy:/srv sub/ Packages", "copy:/srv/sub/"],
    ["http://deb.example.org/debian trixie/main amd64 Packages", undefined],
    ["/var/lib/dpkg/status", undefined],
  ])("finds the file of %s", (index, folder) => {
    assert.strictEqual(found(index)?.label, folder)
  })
})
