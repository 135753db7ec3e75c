import { assert, describe, it } from "@effect/vitest"
import { newerThan } from "../../../src/package-manager/apt/aptNewer.ts"
import { parsePolicies } from "../../../src/package-manager/apt/aptPolicy.ts"
import type { ReleaseFile } from "../../../src/package-manager/apt/aptReleases.ts"
import { parseDpkgRows } from "../../../src/package-manager/apt/dpkgQuery.ts"

const release = (
  origin: string,
  label: string,
  suite: string,
  codename: string,
  notAutomatic = false,
): ReleaseFile => ({
  origin,
  label,
  suite,
  codename,
  notAutomatic,
})

const site = "http://deb.example.org"
const releases: Readonly<Record<string, ReleaseFile>> = {
  bookworm: release("Debian", "Debian", "stable", "bookworm"),
  "bookworm-updates": release("Debian", "Debian", "stable-updates", "bookworm-updates"),
  "bookworm-security": release("Debian", "Debian-Security", "stable-security", "bookworm-security"),
  "bookworm-backports": release(
    "Debian Backports",
    "Debian Backports",
    "stable-backports",
    "bookworm-backports",
    true,
  ),
  sid: release("Debian", "Debian", "unstable", "sid"),
  esm: release("UbuntuESMApps", "UbuntuESMApps", "jammy-apps-security", "jammy"),
}

const releaseOf = (index: string) => {
  const suite = /^\S+ ([^/]+)\//.exec(index)?.[1]
  return suite === undefined ? undefined : releases[suite]
}

/** One version of a table: `VERSION PRIORITY`, then `PRIORITY SUITE` of each source. The installed one is `1.0`. */
const table = (
  candidate: string,
  ...versions: ReadonlyArray<readonly [string, ...ReadonlyArray<string>]>
) => {
  const text = versions.map(([version, ...sources]) =>
    [
      `${version.startsWith("1.0 ") ? " *** " : "     "}${version}`,
      ...sources.map((source) => `        ${source.replace(/ (\S+)$/, ` ${site} $1/main amd64 Packages`)}`),
      ...(version.startsWith("1.0 ") ? ["        100 /var/lib/dpkg/status"] : []),
      "",
    ].join("\n"),
  )
  return `x:\n  Installed: 1.0\n  Candidate: ${candidate}\n  Version table:\n${text.join("")}`
}

const look = (text: string) => {
  const { packages, notUnderstood } = parsePolicies(text)
  const [row] = parseDpkgRows("ii \tx\t1.0\tamd64\tx\t1.0\n").packages
  const [policy] = packages
  assert.strictEqual(notUnderstood, 0)
  const newer = row === undefined || policy === undefined ? undefined : newerThan(row, policy, releaseOf)
  return newer && [newer.target.version, newer.away]
}

describe("newerThan", () => {
  it("is the candidate, where it is newer", () => {
    assert.deepEqual(look(table("1.1", ["1.1 500", "500 bookworm-updates"], ["1.0 500", "500 bookworm"])), [
      "1.1",
      undefined,
    ])
  })

  it("is nothing where nothing is newer", () => {
    assert.isUndefined(look(table("1.0", ["1.0 500", "500 bookworm"], ["0.9 500", "500 bookworm"])))
  })

  it("is nothing where a pin above 1000 asks for an older version", () => {
    assert.isUndefined(look(table("0.9", ["1.0 100"], ["0.9 1001", "500 bookworm"])))
  })

  it.each([
    [
      "the installed version",
      table("1.0", ["1.1 500", "500 bookworm-updates"], ["1.0 1001", "500 bookworm"]),
    ],
    ["the newer version", table("1.0", ["1.1 -1", "500 bookworm-updates"], ["1.0 500", "500 bookworm"])],
    ["the newer version, softly", table("1.0", ["1.1 50", "500 sid"], ["1.0 500", "500 bookworm"])],
    [
      "a whole pocket of the release",
      table("1.0", ["1.1 -1", "-1 bookworm-updates"], ["1.0 500", "500 bookworm"]),
    ],
    [
      "security, by a default release",
      table("1.0", ["1.1 500", "500 bookworm-security"], ["1.0 990", "990 bookworm"]),
    ],
    ["security for a package from elsewhere", table("1.0", ["1.1 1", "1 bookworm-security"], ["1.0 100"])],
  ])("sees a pin on %s", (_, text) => {
    assert.deepEqual(look(text), ["1.1", "pinned"])
  })

  it.each([
    ["backports", table("1.0", ["1.1~bpo12+1 100", "100 bookworm-backports"], ["1.0 500", "500 bookworm"])],
    [
      "backports, pinned",
      table("1.0", ["1.1~bpo12+1 50", "100 bookworm-backports"], ["1.0 500", "500 bookworm"]),
    ],
    ["another release at low priority", table("1.0", ["1.1 50", "50 sid"], ["1.0 500", "500 bookworm"])],
    [
      "another release beside the default release",
      table("1.0", ["1.1 500", "500 sid"], ["1.0 990", "990 bookworm"]),
    ],
  ])("does not take %s for an update", (_, text) => {
    assert.isUndefined(look(text))
  })

  it("knows a phased update that apt 2.2 hides by its priority", () => {
    const text = table("1.0", ["1.1 1 (phased 10%)", "500 bookworm-updates"], ["1.0 500", "500 bookworm"])
    assert.deepEqual(look(text), ["1.1", "phased"])
  })

  it("knows an update that Ubuntu Pro withholds", () => {
    assert.deepEqual(look(table("1.0", ["1.1 -32768", "-32768 esm"], ["1.0 500", "500 bookworm"])), [
      "1.1",
      "needs_entitlement",
    ])
  })

  it("marks another build of the installed version", () => {
    const text = table("1.0", ["1.0  500", "500 bookworm"])
      .replace(" *** 1.0  500", "     1.0 500")
      .replace("        100 /var/lib/dpkg/status\n", " *** 1.0 100\n        100 /var/lib/dpkg/status\n")
    const [policy] = parsePolicies(text).packages
    const [row] = parseDpkgRows("ii \tx\t1.0\tamd64\tx\t1.0\n").packages
    const newer = row && policy && newerThan(row, policy, releaseOf)
    assert.deepEqual([newer?.rebuild, newer?.target.installed], [true, false])
  })
})
