import { assert, describe, it } from "@effect/vitest"
import * as DateTime from "effect/DateTime"
import { commandRecordsText, commandRecordText } from "../../../src/control-plane/cli/commandRecordText.ts"
import { serversText } from "../../../src/control-plane/cli/serversText.ts"
import { serveText } from "../../../src/control-plane/cli/serveText.ts"
import { showText } from "../../../src/control-plane/cli/showText.ts"
import { planDigest } from "../../../src/domain/snapshot.ts"
import { Architecture, PackageName, PackageVersion } from "../../../src/domain/Package.ts"
import type { AvailableUpdate } from "../../../src/domain/Update.ts"
import type { CommandRecord, Server, ServerScan } from "../../../src/protocol/OperatorApi.ts"
import { vulnerabilityReport } from "../../../src/scan/vulnerabilityReport.ts"
import { coverageOf, findingsOf, scanOf } from "../../scan/scanOf.ts"
import { finding } from "../../vulnerability/sampleFindings.ts"
import { agentIdOf, commandIdOf, facts, heartbeat, noon, result, snapshotOf, summary } from "../samples.ts"

const enrolled: Server = {
  agentId: agentIdOf(1),
  online: false,
  enrolledAt: noon,
  heartbeats: 0,
  agentVersion: "0.1.0",
  facts,
  reboot: "unknown",
  cloneSuspected: false,
}

const update: AvailableUpdate = {
  manager: "apt",
  name: PackageName.make("openssl"),
  architecture: Architecture.make("amd64"),
  from: PackageVersion.make("3.0.15-1~deb12u1"),
  to: PackageVersion.make("3.0.17-1~deb12u3"),
  origins: [],
  security: { verdict: "yes", evidence: [] },
  installable: { answer: "no", reason: "held" },
}
const rows = { ...snapshotOf("openssl=3.0.15-1~deb12u1"), updates: [update] }

const scan: ServerScan = { agentId: agentIdOf(1), receivedAt: noon, summary: summary(rows), ...rows }

const scanned: Server = {
  ...enrolled,
  formerAgentId: agentIdOf(9),
  online: true,
  lastBeatAt: DateTime.add(noon, { minutes: 5 }),
  lastScanAt: noon,
  heartbeats: 2,
  metrics: heartbeat("t0").metrics,
  reboot: "yes",
  counts: scan.summary.counts,
  scanVerdict: "partial",
  cloneSuspected: true,
}

const record: CommandRecord = {
  commandId: commandIdOf(1),
  agentId: agentIdOf(1),
  command: "install_updates",
  seq: 1,
  queuedAt: noon,
  expiresAt: DateTime.add(noon, { days: 1 }),
  queuedBy: "first operator",
  state: "queued",
}

describe("servers", () => {
  it("says when there is none", () => {
    assert.strictEqual(serversText([]), "No server has enrolled yet.")
  })

  it("is one line a server", ({ expect }) => {
    expect(serversText([enrolled, scanned, { ...scanned, online: false }])).toMatchInlineSnapshot(`
      "SERVER                                    HOST  STATE     LAST BEAT             SYSTEM     PACKAGES  UPDATES  SECURITY  CVES  REBOOT   NOTE
      agt_00000000-0000-4000-8000-000000000001  web1  enrolled  -                     debian 12  -         -        -         -     unknown
      agt_00000000-0000-4000-8000-000000000001  web1  online    2026-11-22 12:05:00Z  debian 12  1         1        1         -     yes      clone suspected, scan partial
      agt_00000000-0000-4000-8000-000000000001  web1  offline   2026-11-22 12:05:00Z  debian 12  1         1        1         -     yes      clone suspected, scan partial"
    `)
  })

  it("prints nothing a host could have put into its name to fool a terminal", () => {
    const evil = { ...enrolled, facts: { ...facts, hostname: "a\u{1b}[2Jb\nc\u{202e}d" } }
    const text = serversText([evil])
    assert.isFalse(text.includes("\u{1b}") || text.includes("\u{202e}"))
    assert.lengthOf(text.split("\n"), 2)
  })
})

describe("show", () => {
  it("tells what is known before the first beat", ({ expect }) => {
    expect(showText({ server: enrolled }, false)).toMatchInlineSnapshot(`
      "Server           agt_00000000-0000-4000-8000-000000000001
      Host             web1 (Debian GNU/Linux 12 (bookworm), x86_64)
      Kernel           6.1.0-40-amd64
      Agent            0.1.0, enrolled 2026-11-22 12:00:00Z
      State            enrolled, no heartbeat yet
      Load             -
      Reboot required  unknown
      Last scan        none yet"
    `)
  })

  it("tells state, scan and updates", ({ expect }) => {
    expect(showText({ server: scanned, scan }, false)).toMatchInlineSnapshot(`
      "Server           agt_00000000-0000-4000-8000-000000000001
      Formerly         agt_00000000-0000-4000-8000-000000000009
      Host             web1 (Debian GNU/Linux 12 (bookworm), x86_64)
      Kernel           6.1.0-40-amd64
      Agent            0.1.0, enrolled 2026-11-22 12:00:00Z
      State            online, 2 heartbeats, last 2026-11-22 12:05:00Z
      Load             CPU 3 %, load 0.08, memory 2.8 GiB of 3.8 GiB available
      Reboot required  yes
      Clone suspected  two hosts share this identity or two identities this machine
      Last scan        2026-11-22 12:00:00Z, complete; packages: 1, updates: 1, security: 1, held back: 1
      Vulnerabilities  not looked for by this agent

      PACKAGE  ARCHITECTURE  INSTALLED         AVAILABLE         SECURITY  INSTALLABLE
      openssl  amd64         3.0.15-1~deb12u1  3.0.17-1~deb12u3  yes       no: held"
    `)
  })

  const [shown, hidden] = [findingsOf("CVE-2026-1"), [finding({ cve: "CVE-2026-2", severity: "negligible" })]]
  const told = vulnerabilityReport(
    scanOf(1, rows, { findings: [...shown, ...hidden], coverage: coverageOf(412) }),
  )
  const found: ServerScan = { ...scan, ...(told !== undefined && { report: told.report, ...told.found }) }

  it("says what the findings come to, and lists them on demand", ({ expect }) => {
    const lines = showText({ server: scanned, scan: found }, true).split("\n")
    expect(lines.slice(10).join("\n")).toMatchInlineSnapshot(`
      "Vulnerabilities     updates of 1 package fix 1 CVE; 1 package not evaluated (third party)
      Vulnerability data  debian-12 of 2026-11-20 (serial 412, MIT, 2026-11-20)

      PACKAGE  ARCHITECTURE  INSTALLED         AVAILABLE         SECURITY  INSTALLABLE
      openssl  amd64         3.0.15-1~deb12u1  3.0.17-1~deb12u3  yes       no: held

      KEV  CVE         PACKAGE  INSTALLED  FIXED     FIX        SEVERITY  ADVISORY
           CVE-2026-1  openssl  3.0.14-1   3.0.15-1  available            A-1

      Not shown: 1 negligible or under investigation; --json has what was sent"
    `)
    assert.notInclude(showText({ server: scanned, scan: found }, false), "CVE-2026-1")
  })

  it("prints nothing that a vendor could have put into a finding to fool a terminal", () => {
    const evil = { ...found, findings: findingsOf("CVE-\u{1b}[2J\n1") }
    assert.notInclude(showText({ server: scanned, scan: evil }, true), "\u{1b}")
  })

  it("marks a server without vulnerability data, or with old ones, in the list of all", () => {
    const { report } = found
    if (report === undefined) return assert.fail("no report")
    const { feed = assert.fail("no feed"), ...coverage } = report.coverage
    const server = (of: typeof report) => serversText([{ ...enrolled, report: of }])
    assert.match(server(report), / 1 +unknown$/)
    assert.include(
      server({ ...report, coverage: { ...coverage, feed: { ...feed, stale: true } } }),
      "data old",
    )
    assert.include(server({ ...report, coverage: { verdict: "no_vendor_data" } }), "no vulnerability data")
  })
})

describe("results", () => {
  it("says when there is none", () => {
    assert.strictEqual(commandRecordsText([]), "No command was ever queued for this server.")
  })

  it("is one line a command", ({ expect }) => {
    const refused = result(commandIdOf(1), { refusal: { code: "busy", detail: "" }, status: "refused" })
    expect(commandRecordsText([record, { ...record, state: "finished", result: refused }]))
      .toMatchInlineSnapshot(`
      "COMMAND          ID                                        QUEUED                BY              STATE     RESULT
      install_updates  cmd_00000000-0000-4000-8000-000000000001  2026-11-22 12:00:00Z  first operator  queued
      install_updates  cmd_00000000-0000-4000-8000-000000000001  2026-11-22 12:00:00Z  first operator  finished  busy"
    `)
  })

  it("tells one command that waits", ({ expect }) => {
    expect(commandRecordText(record)).toMatchInlineSnapshot(`
      "Command  install_updates (cmd_00000000-0000-4000-8000-000000000001)
      Server   agt_00000000-0000-4000-8000-000000000001
      Queued   2026-11-22 12:00:00Z by first operator
      State    queued
      Expires  2026-11-23 12:00:00Z"
    `)
  })

  it("tells what a dry run would do", ({ expect }) => {
    const changes = {
      installs: [
        {
          manager: "apt" as const,
          name: update.name,
          architecture: update.architecture,
          from: update.from,
          to: update.to,
          origins: [],
          role: "requested" as const,
        },
      ],
      removals: [],
    }
    const plan = {
      ...changes,
      leftOut: [{ manager: "apt" as const, name: PackageName.make("bash"), reason: "held" as const }],
      unmatchedExcludes: ["linux-*"],
      downloadBytes: 0,
      rebootExpected: "no" as const,
      digest: planDigest(changes),
    }
    const report = {
      dryRun: true,
      plan,
      preflight: [],
      outcomes: [],
      newConfigurationFiles: [],
      evidence: [],
    }
    const finished = result(commandIdOf(1), {
      status: "succeeded",
      output: { command: "install_updates", report },
    })
    expect(commandRecordText({ ...record, state: "finished", result: finished })).toMatchInlineSnapshot(`
      "Command  install_updates (cmd_00000000-0000-4000-8000-000000000001)
      Server   agt_00000000-0000-4000-8000-000000000001
      Queued   2026-11-22 12:00:00Z by first operator
      State    finished
      Result   succeeded
      Problem  sample: a sample
      Ran      2026-11-22 12:00:00Z to 2026-11-22 12:00:00Z

      Plan 58ad9daf6e865e099de8df3b5257d42fd569fcbec8e1302478f7b1819bc0cc33 (dry run: nothing was changed)

      PACKAGE  ARCHITECTURE  FROM              TO                ROLE
      openssl  amd64         3.0.15-1~deb12u1  3.0.17-1~deb12u3  requested

      LEFT OUT  INSTALLED  WANTED  REASON
      bash      -          -       held

      The exclusion linux-* matched nothing.
      Reboot expected: no"
    `)
  })
})

describe("serve", () => {
  it("says what to do next without printing a secret", ({ expect }) => {
    const text = serveText({
      api_url: "https://cp.example.com:8443",
      port: 8443,
      data_directory: "/srv/cp",
      ca_file: "/srv/cp/ca.pem",
      license_key_file: "/srv/cp/license-key",
      operator_token_file: "/srv/cp/operator-token",
    })
    expect(text).toMatchInlineSnapshot(`
      "PatchCTL control plane at https://cp.example.com:8443

      Set up an agent: copy /srv/cp/ca.pem to its host as /etc/patchctl/ca.pem and write /etc/patchctl/config.json (mode 600):

        {
          "api_url": "https://cp.example.com:8443",
          "ca_file": "/etc/patchctl/ca.pem",
          "license_key": "<content of /srv/cp/license-key>"
        }

      See your servers:

        patchctl-control-plane servers --data /srv/cp

      Back up /srv/cp and keep it secret: it holds the keys that sign commands."
    `)
  })
})
