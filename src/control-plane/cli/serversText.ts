import type { Server } from "../../protocol/OperatorApi.ts"
import { instantText } from "./instantText.ts"
import { plainTable } from "./plainTable.ts"

export const onlineText = (server: Server): string =>
  server.lastBeatAt === undefined ? "enrolled" : server.online ? "online" : "offline"

/** A number of the last scan, or `-` before the first. */
const countText = (count: number | undefined) => (count === undefined ? "-" : String(count))

const notes = (server: Server) => [
  ...(server.cloneSuspected ? ["clone suspected"] : []),
  ...(server.scanVerdict === "partial" ? ["scan partial"] : []),
  ...(server.report?.coverage.verdict === "no_vendor_data" ? ["no vulnerability data"] : []),
  ...(server.report?.coverage.feed?.stale === true ? ["vulnerability data old"] : []),
]

export const serversText = (servers: ReadonlyArray<Server>): string =>
  servers.length === 0
    ? "No server has enrolled yet."
    : plainTable(
        [
          "SERVER",
          "HOST",
          "STATE",
          "LAST BEAT",
          "SYSTEM",
          "PACKAGES",
          "UPDATES",
          "SECURITY",
          "CVES",
          "REBOOT",
          "NOTE",
        ],
        servers.map((server) => [
          server.agentId,
          server.facts.hostname,
          onlineText(server),
          instantText(server.lastBeatAt),
          `${server.facts.osId} ${server.facts.osVersion}`,
          countText(server.counts?.packages),
          countText(server.counts?.updates),
          countText(server.counts?.securityUpdates),
          countText(server.report?.counts.cves),
          server.reboot,
          notes(server).join(", "),
        ]),
      )
