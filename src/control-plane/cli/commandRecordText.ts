import type { CommandOutput, CommandResult } from "../../domain/Command.ts"
import type { CommandRecord } from "../../protocol/OperatorApi.ts"
import { installReportText } from "./installReportText.ts"
import { instantText } from "./instantText.ts"
import { plainTable } from "./plainTable.ts"
import { updatesText } from "./showText.ts"

const outputText = (output: CommandOutput): string => {
  switch (output.command) {
    case "check_updates":
      return output.report.updates.length === 0
        ? `No updates (${output.report.completeness.verdict})`
        : updatesText(output.report.updates)
    case "install_updates":
      return installReportText(output.report)
    case "get_package_info":
      return plainTable(
        ["PACKAGE", "INSTALLED", "CANDIDATE", "SUMMARY"],
        [
          ...output.report.packages.map((row) => [
            row.name,
            row.installed.map(({ version }) => version).join(", ") || "-",
            row.candidate ?? "-",
            row.summary ?? "",
          ]),
          ...output.report.unknown.map((name) => [name, "-", "-", "unknown"]),
        ],
      )
    case "health_check":
      return plainTable(
        ["CHECK", "VERDICT", "DETAIL", "REMEDY"],
        output.report.checks.map((row) => [row.name, row.verdict, row.detail, row.remedy ?? ""]),
      )
  }
}

const resultLines = (result: CommandResult): ReadonlyArray<readonly [string, string]> => [
  ["Result", result.status],
  ...(result.refusal === undefined
    ? []
    : [["Refused", `${result.refusal.code}: ${result.refusal.detail}`] as const]),
  ...(result.problem === undefined
    ? []
    : [["Problem", `${result.problem.code}: ${result.problem.detail}`] as const]),
  ...(result.problem?.remedy === undefined ? [] : [["Remedy", result.problem.remedy] as const]),
  ["Ran", `${instantText(result.startedAt)} to ${instantText(result.finishedAt)}`],
]

/** One command and everything its agent reported. */
export const commandRecordText = (record: CommandRecord): string =>
  [
    plainTable(
      [],
      [
        ["Command", `${record.command} (${record.commandId})`],
        ["Server", record.agentId],
        ["Queued", `${instantText(record.queuedAt)} by ${record.queuedBy}`],
        ["State", record.state],
        ...(record.result === undefined
          ? [["Expires", instantText(record.expiresAt)]]
          : resultLines(record.result)),
      ],
    ),
    ...(record.result?.output === undefined ? [] : ["", outputText(record.result.output)]),
  ].join("\n")

/** All commands of one server, newest first. */
export const commandRecordsText = (records: ReadonlyArray<CommandRecord>): string =>
  records.length === 0
    ? "No command was ever queued for this server."
    : plainTable(
        ["COMMAND", "ID", "QUEUED", "BY", "STATE", "RESULT"],
        records.map((record) => [
          record.command,
          record.commandId,
          instantText(record.queuedAt),
          record.queuedBy,
          record.state,
          record.result?.refusal?.code ?? record.result?.status ?? "",
        ]),
      )
