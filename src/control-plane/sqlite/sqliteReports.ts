import * as Schema from "effect/Schema"
import type { AgentId } from "../../domain/Identifiers.ts"
import { ReportedFindings, VulnerabilityReport } from "../../protocol/AgentMessages.ts"
import type { UploadedScan } from "../persistence/Scans.ts"
import type { Run } from "./rows.ts"

const encodeReport = Schema.encodeSync(Schema.fromJsonString(VulnerabilityReport))
const encodeFindings = Schema.encodeSync(Schema.fromJsonString(ReportedFindings.fields.findings))
const encodeNotEvaluated = Schema.encodeSync(Schema.fromJsonString(ReportedFindings.fields.notEvaluated))

/**
 * Keeps the report of a scan as far as it was sent. False, and nothing changed, where the rest is not what is held: the
 * report that the summary names, or the findings that the report names.
 */
export const keepReport = (
  run: Run,
  agentId: AgentId,
  { summary: { report: name }, report, found }: UploadedScan,
): boolean => {
  if (name === undefined) return true
  if (report === undefined) {
    return run(`SELECT 1 FROM reports WHERE agent_id = ? AND name = ?`, agentId, name).length > 0
  }
  if (found === undefined) {
    const kept = run(
      `UPDATE reports SET name = ?, report = ? WHERE agent_id = ? AND digest = ? RETURNING 1`,
      name,
      encodeReport(report),
      agentId,
      report.digest,
    )
    return kept.length > 0
  }
  run(
    `INSERT INTO reports (agent_id, name, report, digest, findings, not_evaluated) VALUES (?, ?, ?, ?, ?, ?)
       ON CONFLICT (agent_id) DO UPDATE
          SET name = excluded.name, report = excluded.report, digest = excluded.digest,
              findings = excluded.findings, not_evaluated = excluded.not_evaluated`,
    agentId,
    name,
    encodeReport(report),
    report.digest,
    encodeFindings(found.findings),
    encodeNotEvaluated(found.notEvaluated),
  )
  return true
}
