import * as Schema from "effect/Schema"
import type { CommandResult } from "../../src/domain/Command.ts"
import type { Server, ServerScan } from "../../src/protocol/OperatorApi.ts"

/** What `npm run -s demo -- --json` prints. */
export const DemoReport = Schema.Struct({
  agent_id: Schema.String,
  heartbeats: Schema.Int,
  packages: Schema.Int,
  updates: Schema.Int,
  security_updates: Schema.Int,
  held_back: Schema.Int,
  completeness: Schema.String,
  commands: Schema.Record(Schema.String, Schema.String),
})
export type DemoReport = typeof DemoReport.Type

export const serverLine = (server: Server) =>
  `${server.facts.hostname}, ${server.facts.osName}, as ${server.agentId}`

export const scanLine = ({ summary }: ServerScan) => {
  const { counts, completeness } = summary
  const reasons =
    completeness.verdict === "complete"
      ? "complete"
      : `partial: ${completeness.reasons.map(({ detail }) => detail).join("; ")}`
  return `${counts.packages} packages, ${counts.updates} updates (${counts.securityUpdates} security, ${counts.heldBack} held back); ${reasons}`
}

const outputLines = ({ output }: CommandResult): ReadonlyArray<string> => {
  switch (output?.command) {
    case "health_check":
      return output.report.checks.map(
        ({ name, verdict, detail }) => `${verdict.padEnd(8)} ${name}: ${detail}`,
      )
    case "check_updates": {
      const { counts, repositories } = output.report
      return [
        `${counts.updates} updates, ${counts.securityUpdates} of them security`,
        ...repositories.map(({ repository, outcome }) => `${outcome.padEnd(9)} ${repository}`),
      ]
    }
    case "get_package_info":
      return output.report.packages.map(
        ({ name, installed, candidate }) =>
          `${name}: installed ${installed.map(({ version }) => version).join(", ") || "none"}, candidate ${candidate ?? "none"}`,
      )
    case "install_updates": {
      const { plan, preflight } = output.report
      return [
        `would install ${plan.installs.length}, remove ${plan.removals.length}, leave out ${plan.leftOut.length}; plan ${plan.digest.slice(0, 12)}`,
        ...plan.installs.slice(0, 8).map(({ name, from, to }) => `${name} ${from ?? "(new)"} -> ${to}`),
        ...(plan.installs.length > 8 ? [`and ${plan.installs.length - 8} more`] : []),
        ...preflight.map(({ code, detail }) => `${code}: ${detail}`),
      ]
    }
    default:
      return []
  }
}

/** A command's name and status, then what it found, then why it is not a plain success. */
export const resultText = (result: CommandResult): string => {
  const why = result.refusal ?? result.problem
  const lines = [...outputLines(result), ...(why === undefined ? [] : [`${why.code}: ${why.detail}`])]
  return [`\n${result.command}: ${result.status}`, ...lines.map((line) => `  ${line}`)].join("\n")
}
