import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { parsePolicies } from "../../../src/package-manager/apt/aptPolicy.ts"
import { parseDpkgRows } from "../../../src/package-manager/apt/dpkgQuery.ts"
import { recorded } from "./recordedHost.ts"

const phased = `lab-phased:
  Installed: 1.0-1
  Candidate: 1.1-1
  Version table:
     1.1-1 500 (phased 30%)
        500 copy:/srv/lab lab-updates/main amd64 Packages
 *** 1.0-1 1001
        500 copy:/srv/lab lab/main amd64 Packages
        100 /var/lib/dpkg/status
`

describe("parsePolicies", () => {
  it("reads versions with priority, phase and sources", () => {
    assert.deepEqual(parsePolicies(phased), {
      packages: [
        {
          name: "lab-phased",
          installed: "1.0-1",
          candidate: "1.1-1",
          versions: [
            {
              version: "1.1-1",
              priority: 500,
              phasedPercent: 30,
              installed: false,
              sources: [{ priority: 500, index: "copy:/srv/lab lab-updates/main amd64 Packages" }],
            },
            {
              version: "1.0-1",
              priority: 1001,
              installed: true,
              sources: [
                { priority: 500, index: "copy:/srv/lab lab/main amd64 Packages" },
                { priority: 100, index: "/var/lib/dpkg/status" },
              ],
            },
          ],
        },
      ],
      notUnderstood: 0,
    })
  })

  it("reads foreign packages, packages that are not installed, and names without any version", () => {
    const { packages, notUnderstood } = parsePolicies(
      "libc6:i386:\n  Installed: (none)\n  Candidate: 2.36-9\n  Version table:\n     2.36-9 500\n        500 http://deb.example.org/debian bookworm/main i386 Packages\nmail-transport-agent:\n  Installed: (none)\n  Candidate: (none)\n  Version table:\n",
    )
    assert.strictEqual(notUnderstood, 0)
    assert.deepEqual(
      packages.map(({ name, installed, candidate, versions }) => [
        name,
        installed,
        candidate,
        versions.length,
      ]),
      [
        ["libc6:i386", undefined, "2.36-9", 1],
        ["mail-transport-agent", undefined, undefined, 0],
      ],
    )
  })

  it("reads priorities below zero, of a version and of a source", () => {
    const [policy] = parsePolicies(
      "a:\n  Installed: 1\n  Candidate: 1\n  Version table:\n     2 -32768\n       -32768 https://esm.example.org/apps/ubuntu jammy-apps-security/main amd64 Packages\n",
    ).packages
    assert.deepEqual(
      [policy?.versions[0]?.priority, policy?.versions[0]?.sources[0]?.priority],
      [-32768, -32768],
    )
  })

  it("counts lines that fit nowhere", () => {
    assert.strictEqual(
      parsePolicies(`N: Unable to locate package x\n${phased}  Instalado: 1\n     1.1\n`).notUnderstood,
      3,
    )
  })

  it.each(["debian-11-lab", "debian-12-lab", "debian-13-lab", "debian-12-real"] as const)(
    "finds every package that is installed on %s",
    (host) => {
      const { packages, notUnderstood } = parsePolicies(recorded(host, "apt-cache-policy.stdout"))
      const known = new Map(packages.map(({ name, installed }) => [name, installed]))
      assert.strictEqual(notUnderstood, 0)
      for (const { name, version } of parseDpkgRows(recorded(host, "dpkg-query.stdout")).packages) {
        assert.strictEqual(known.get(name), version)
      }
    },
  )

  it.effect.prop("never throws", [Schema.String], ([text]) =>
    Effect.sync(() => assert.isAtMost(parsePolicies(phased + text).notUnderstood, text.split("\n").length)),
  )
})
