import * as DateTime from "effect/DateTime"
import type { Coverage, Finding } from "../../src/domain/Finding.ts"
import { ScanId } from "../../src/domain/Identifiers.ts"
import type { Scan } from "../../src/domain/Scan.ts"
import { type Snapshot, snapshotDigest } from "../../src/domain/snapshot.ts"
import { finding } from "../vulnerability/sampleFindings.ts"

const instant = DateTime.makeUnsafe("2026-11-20T06:00:00Z")

/** What findings rest on when they are those of the feed with this serial. */
export const coverageOf = (serial: number): Coverage => ({
  verdict: "vendor_data",
  release: "debian-12",
  feed: {
    serial,
    generatedAt: instant,
    expiresAt: DateTime.add(instant, { days: 7 }),
    stale: false,
    licence: "MIT",
    source: "2026-11-20",
    fixedIssuesOnly: false,
    endOfLife: false,
  },
  notEvaluated: [{ package: "zoom", reason: "third_party" }],
})

/** A finding for each CVE, which an update of openssl fixes. */
export const findingsOf = (...cves: ReadonlyArray<string>): ReadonlyArray<Finding> =>
  cves.map((cve) => finding({ cve }))

/** Number so-and-so of the scans of one host. */
export const scanOf = (number: number, rows: Snapshot, vulnerabilities?: Scan["vulnerabilities"]): Scan => ({
  id: ScanId.make(`scn_00000000-0000-4000-8000-${String(number).padStart(12, "0")}`),
  startedAt: instant,
  durationMilliseconds: 1234,
  managers: [{ id: "apt", patchable: true }],
  faults: [],
  indexes: [],
  completeness: { verdict: "complete" },
  reboot: { required: "no", reasons: [] },
  ...rows,
  ...(vulnerabilities === undefined ? {} : { vulnerabilities }),
  digest: snapshotDigest(rows),
})
