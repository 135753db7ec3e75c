import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import { AgentId, Sha256 } from "../../domain/Identifiers.ts"
import { InstalledPackage } from "../../domain/Package.ts"
import { AvailableUpdate } from "../../domain/Update.ts"
import { ReportedFindings, ScanSummary, VulnerabilityReport } from "../../protocol/AgentMessages.ts"
import { Database } from "../../store/Database.ts"
import { scanHistoryLimit, Scans } from "../persistence/Scans.ts"
import { keepReport } from "./sqliteReports.ts"
import { firstRow, rowsOf, type Run, toPersistenceError } from "./rows.ts"

const Packages = Schema.fromJsonString(Schema.Array(InstalledPackage))
const Updates = Schema.fromJsonString(Schema.Array(AvailableUpdate))
const Summary = Schema.fromJsonString(ScanSummary)

const encodePackages = Schema.encodeSync(Packages)
const encodeUpdates = Schema.encodeSync(Updates)
const encodeSummary = Schema.encodeSync(Summary)

const digestRows = rowsOf(Schema.Struct({ digest: Sha256 }))
const snapshotRows = rowsOf(Schema.Struct({ packages: Packages, updates: Updates }))
const summaryRows = rowsOf(Schema.Struct({ summary: Summary }))
const scanRows = rowsOf(
  Schema.Struct({
    agentId: AgentId,
    receivedAt: Schema.DateTimeUtcFromString,
    summary: Summary,
    packages: Packages,
    updates: Updates,
    report: Schema.optionalKey(Schema.fromJsonString(VulnerabilityReport)),
    findings: Schema.optionalKey(Schema.fromJsonString(ReportedFindings.fields.findings)),
    notEvaluated: Schema.optionalKey(Schema.fromJsonString(ReportedFindings.fields.notEvaluated)),
  }),
)

/** Whether a later scan is on record. */
const isOvertaken = (run: Run, agentId: AgentId, { scanId }: ScanSummary): boolean =>
  run(
    `SELECT 1 FROM scans WHERE agent_id = ? AND scan_id = ?
        AND number < (SELECT max(number) FROM scans WHERE agent_id = ?)`,
    agentId,
    scanId,
    agentId,
  ).length > 0

const holds = (run: Run, agentId: AgentId, digest: Sha256): boolean =>
  run(`SELECT 1 FROM snapshots WHERE agent_id = ? AND digest = ?`, agentId, digest).length > 0

/** A scan that is delivered again is on record already and stays where it is in the order. */
const record = (run: Run, agentId: AgentId, summary: ScanSummary, at: DateTime.Utc) => {
  run(
    `INSERT INTO scans (agent_id, scan_id, received_at, summary) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING`,
    agentId,
    summary.scanId,
    DateTime.formatIso(at),
    encodeSummary(summary),
  )
  run(
    `DELETE FROM scans WHERE agent_id = ? AND number <=
       (SELECT number FROM scans WHERE agent_id = ? ORDER BY number DESC LIMIT 1 OFFSET ?)`,
    agentId,
    agentId,
    scanHistoryLimit,
  )
}

export const layer = Layer.effect(
  Scans,
  Effect.gen(function* () {
    const db = yield* Database

    return Scans.of({
      heldDigest: (agentId) =>
        digestRows(db.all(`SELECT digest FROM snapshots WHERE agent_id = ?`, agentId)).pipe(
          firstRow,
          Effect.map(Option.map((row) => row.digest)),
        ),

      heldSnapshot: (agentId, digest) =>
        snapshotRows(
          db.all(
            `SELECT packages, updates FROM snapshots WHERE agent_id = ? AND digest = ?`,
            agentId,
            digest,
          ),
        ).pipe(firstRow),

      confirm: Effect.fn("Scans.confirm")(function* (agentId, scan, at) {
        const { summary } = scan
        return yield* db.transaction((run) => {
          if (!holds(run, agentId, summary.digest)) return false
          if (isOvertaken(run, agentId, summary)) return true
          if (!keepReport(run, agentId, scan)) return false
          record(run, agentId, summary, at)
          return true
        })
      }, Effect.mapError(toPersistenceError)),

      replace: Effect.fn("Scans.replace")(function* (agentId, base, scan, rows, at) {
        const { summary } = scan
        const packages = encodePackages(rows.packages)
        const updates = encodeUpdates(rows.updates)
        return yield* db.transaction((run) => {
          if (isOvertaken(run, agentId, summary)) return true
          if (Option.isSome(base) && !holds(run, agentId, base.value)) return false
          if (!keepReport(run, agentId, scan)) return false
          run(
            `INSERT INTO snapshots (agent_id, digest, packages, updates) VALUES (?, ?, ?, ?)
                 ON CONFLICT (agent_id) DO UPDATE
                    SET digest = excluded.digest, packages = excluded.packages, updates = excluded.updates`,
            agentId,
            summary.digest,
            packages,
            updates,
          )
          record(run, agentId, summary, at)
          return true
        })
      }, Effect.mapError(toPersistenceError)),

      latest: (agentId) =>
        scanRows(
          db.all(
            `SELECT s.agent_id AS agentId, s.received_at AS receivedAt, s.summary, h.packages, h.updates,
                    r.report, r.findings, r.not_evaluated AS notEvaluated
               FROM scans s JOIN snapshots h ON h.agent_id = s.agent_id
               LEFT JOIN reports r ON r.agent_id = s.agent_id AND r.name = s.summary ->> 'report'
              WHERE s.agent_id = ? ORDER BY s.number DESC LIMIT 1`,
            agentId,
          ),
        ).pipe(firstRow),

      history: (agentId) =>
        summaryRows(
          db.all(`SELECT summary FROM scans WHERE agent_id = ? ORDER BY number DESC`, agentId),
        ).pipe(Effect.map((rows) => rows.map((row) => row.summary))),
    })
  }),
)
