import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { attachedChannels, originsOfForeign } from "../../../src/package-manager/apt/aptOrigins.ts"
import { parsePolicies } from "../../../src/package-manager/apt/aptPolicy.ts"
import type { ReleaseFile } from "../../../src/package-manager/apt/aptReleases.ts"
import { withPolicies } from "../../../src/package-manager/apt/aptUpdates.ts"
import { collectUpdates } from "../../../src/package-manager/apt/collectUpdates.ts"
import { parseDpkgRows } from "../../../src/package-manager/apt/dpkgQuery.ts"
import { recordedFiles, recordedHost } from "./recordedHost.ts"

const origins: Readonly<Record<string, string>> = {
  jammy: "Ubuntu",
  "jammy-infra-security": "UbuntuESM",
  "jammy-apps-security": "UbuntuESMApps",
  bookworm: "Debian",
  "bookworm-backports": "Debian Backports",
  docker: "Docker",
  php: "LP-PPA-ondrej-php",
}

const releaseOf = (index: string): ReleaseFile | undefined => {
  const origin = origins[/^\S+ ([^/]+)\//.exec(index)?.[1] ?? ""]
  return origin === undefined ? undefined : { origin, notAutomatic: false }
}

/** Installed packages, all at 1.0, and the `PRIORITY SUITE` of each source that has this version. */
const pairsOf = (packages: Readonly<Record<string, ReadonlyArray<string>>>) => {
  const names = Object.keys(packages)
  const { packages: rows } = parseDpkgRows(
    names.map((name) => `ii \t${name}\t1.0\tamd64\t${name}\t1.0\n`).join(""),
  )
  const text = Object.entries(packages).map(([name, sources]) => {
    const lines = sources.map((source) => {
      const [priority = "", suite = ""] = source.split(" ")
      return `        ${priority} http://archive.example.org ${suite}/main amd64 Packages\n`
    })
    return `${name}:\n  Installed: 1.0\n  Candidate: 1.0\n  Version table:\n *** 1.0 500\n${lines.join("")}        100 /var/lib/dpkg/status\n`
  })
  const parsed = parsePolicies(text.join(""))
  assert.strictEqual(parsed.notUnderstood, 0)
  return withPolicies(rows, parsed.packages, ({ name }) => name).pairs
}

const foreign = (packages: Parameters<typeof pairsOf>[0], distribution: string) =>
  Object.fromEntries(originsOfForeign(pairsOf(packages), releaseOf, distribution))

const key = (name: string) => `apt\t${name}\tamd64\t1.0`

describe("originsOfForeign", () => {
  it("names the archive of what is in none of the distribution's", () => {
    const found = foreign(
      {
        bash: ["500 bookworm"],
        curl: ["500 bookworm"],
        nano: ["100 bookworm-backports"],
        "docker-ce": ["500 docker"],
        // In both: the same build as far as anybody can tell.
        runc: ["500 docker", "500 bookworm"],
      },
      "debian",
    )
    assert.deepStrictEqual(found, { [key("docker-ce")]: "Docker" })
  })

  it("knows a PPA, and Ubuntu Pro as Ubuntu's own", () => {
    const found = foreign(
      {
        bash: ["500 jammy"],
        curl: ["510 jammy-infra-security"],
        vlc: ["510 jammy-apps-security"],
        php: ["500 php"],
      },
      "ubuntu",
    )
    assert.deepStrictEqual(found, { [key("php")]: "LP-PPA-ondrej-php" })
  })

  it.each([
    ["no archive has any more", { bash: ["500 bookworm"], "docker-ce": [] }],
    ["is in an archive without a name", { bash: ["500 bookworm"], local: ["500 nameless"] }],
    [
      "is in an archive without a name too",
      { bash: ["500 bookworm"], local: ["500 docker", "500 nameless"] },
    ],
  ])("says nothing of a version that %s", (_, packages) => {
    assert.deepStrictEqual(foreign(packages, "debian"), {})
  })

  it("says nothing on a distribution whose archives it does not know", () => {
    assert.deepStrictEqual(foreign({ bash: ["500 bookworm"], "docker-ce": ["500 docker"] }, "linuxmint"), {})
  })

  it.effect(
    "does not take the archive of most of the system for foreign, by whatever name a mirror has it",
    () =>
      Effect.gen(function* () {
        for (const host of ["debian-12-lab", "debian-12-real"] as const) {
          const { dependencies } = yield* recordedHost(host, {
            files: { ...recordedFiles(host), "/etc/os-release": "ID=debian\nVERSION_ID=12\n" },
          })
          const { origins: found, channels } = yield* collectUpdates(dependencies)
          assert.deepStrictEqual([found?.size, channels], [0, []])
        }
      }),
  )
})

describe("attachedChannels", () => {
  const channels = (suites: ReadonlyArray<string>, packages: Parameters<typeof pairsOf>[0] = {}) =>
    attachedChannels(
      pairsOf({ bash: ["500 jammy"], ...packages }),
      suites.map((suite) => ({ origin: origins[suite] ?? "", notAutomatic: false })),
      releaseOf,
    )
  const both = ["jammy", "jammy-infra-security", "jammy-apps-security"]

  it("is pro where both archives of Ubuntu Pro may be installed from", () => {
    assert.deepStrictEqual(channels(both, { vlc: ["510 jammy-apps-security"] }), ["pro"])
    assert.deepStrictEqual(channels(both), ["pro"])
  })

  it("is nothing with one of them, with none, or with a pin that keeps apt away from them", () => {
    assert.deepStrictEqual(channels(["jammy", "jammy-infra-security"]), [])
    assert.deepStrictEqual(channels(["jammy"]), [])
    assert.deepStrictEqual(channels(both, { vlc: ["-32768 jammy-apps-security"] }), [])
  })
})
