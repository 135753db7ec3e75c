import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import { HostFacts, HostMetrics } from "../../domain/Host.ts"
import { AgentId } from "../../domain/Identifiers.ts"
import { PublicKey, RunningCommand, ScanSummary, VulnerabilityReport } from "../../protocol/AgentMessages.ts"
import { Server } from "../../protocol/OperatorApi.ts"
import { Database } from "../../store/Database.ts"
import { exchange } from "../exchangeToken.ts"
import { Agents, type ServerRecord } from "../persistence/Agents.ts"
import { firstRow, rowsOf, toPersistenceError, withoutNulls } from "./rows.ts"

const Facts = Schema.fromJsonString(HostFacts)
const Metrics = Schema.fromJsonString(HostMetrics)
const Running = Schema.fromJsonString(RunningCommand)
const Key = Schema.fromJsonString(PublicKey)

const encodeFacts = Schema.encodeSync(Facts)
const encodeMetrics = Schema.encodeSync(Metrics)
const encodeRunning = Schema.encodeSync(Running)
const encodeKey = Schema.encodeSync(Key)

const EnrolledRow = Schema.Struct({
  agentId: AgentId,
  exchangeToken: Schema.String,
  formerAgentId: Schema.optionalKey(AgentId),
})
const decodeEnrolled = Schema.decodeUnknownSync(Schema.Array(EnrolledRow))

const ExchangeRow = Schema.Struct({
  current: Schema.String,
  previous: Schema.optionalKey(Schema.String),
  sentAt: Schema.optionalKey(Schema.DateTimeUtcFromString),
  cloneSuspected: Schema.BooleanFromBit,
  factsVersion: Schema.String,
})
const decodeExchange = Schema.decodeUnknownSync(ExchangeRow)

const keyRows = rowsOf(Schema.Struct({ publicKey: Key }))

const { online: _online, counts: _counts, scanVerdict: _scanVerdict, ...storedFields } = Server.fields
const ServerRow = Schema.Struct({
  ...storedFields,
  facts: Facts,
  metrics: Schema.optionalKey(Metrics),
  running: Schema.optionalKey(Running),
  cloneSuspected: Schema.BooleanFromBit,
  summary: Schema.optionalKey(Schema.fromJsonString(ScanSummary)),
  report: Schema.optionalKey(Schema.fromJsonString(VulnerabilityReport)),
})
const serverRows = rowsOf(ServerRow)

const selectServers = `
  SELECT a.agent_id AS agentId, a.former_agent_id AS formerAgentId, a.enrolled_at AS enrolledAt, a.last_beat_at AS lastBeatAt, a.heartbeats,
         a.agent_version AS agentVersion, a.facts, a.metrics, a.reboot, a.running,
         a.clone_suspected AS cloneSuspected, s.summary, s.received_at AS lastScanAt, r.report
    FROM agents a
    LEFT JOIN scans s ON s.number = (SELECT max(number) FROM scans WHERE agent_id = a.agent_id)
    LEFT JOIN reports r ON r.agent_id = a.agent_id AND r.name = s.summary ->> 'report'`

const toServer = ({ summary, ...row }: typeof ServerRow.Type): ServerRecord =>
  summary === undefined ? row : { ...row, counts: summary.counts, scanVerdict: summary.completeness.verdict }

export const layer = Layer.effect(
  Agents,
  Effect.gen(function* () {
    const db = yield* Database

    return Agents.of({
      enrol: Effect.fn("Agents.enrol")(function* (
        organization,
        { publicKey, machineId, agentVersion, facts, formerAgentId },
        fresh,
        at,
      ) {
        return yield* db.transaction((run) => {
          const document = encodeFacts(facts)
          const [known] = decodeEnrolled(
            run(
              // The old token stays the previous one: a beat may be on its way, and counts as late.
              `UPDATE agents SET previous_token = current_token, current_token = ?, token_sent_at = ?,
                        agent_version = ?, facts = ?, facts_version = ?
                  WHERE organization = ? AND machine_id = ? AND key_id = ?
                  RETURNING agent_id AS agentId, current_token AS exchangeToken, former_agent_id AS formerAgentId`,
              fresh.exchangeToken,
              DateTime.formatIso(at),
              agentVersion,
              document,
              agentVersion,
              organization,
              machineId,
              publicKey.kid,
            ).map(withoutNulls),
          )
          if (known !== undefined) return known

          const relatives = run(
            `UPDATE agents SET clone_suspected = 1
                WHERE organization = ? AND (machine_id = ? OR key_id = ?) RETURNING agent_id`,
            organization,
            machineId,
            publicKey.kid,
          )
          run(
            `INSERT INTO agents (agent_id, organization, machine_id, key_id, public_key, enrolled_at, agent_version,
                                   facts, facts_version, current_token, clone_suspected, former_agent_id)
               VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
            fresh.agentId,
            organization,
            machineId,
            publicKey.kid,
            encodeKey(publicKey),
            DateTime.formatIso(at),
            agentVersion,
            document,
            agentVersion,
            fresh.exchangeToken,
            relatives.length > 0 ? 1 : 0,
            formerAgentId ?? null,
          )
          return { ...fresh, ...(formerAgentId !== undefined && { formerAgentId }) }
        })
      }, Effect.mapError(toPersistenceError)),

      publicKey: (agentId) =>
        keyRows(db.all(`SELECT public_key AS publicKey FROM agents WHERE agent_id = ?`, agentId)).pipe(
          firstRow,
          Effect.map(Option.map((row) => row.publicKey)),
        ),

      beat: Effect.fn("Agents.beat")(function* (agentId, beat, fresh, at) {
        return yield* db.transaction((run) => {
          const [row] = run(
            `SELECT current_token AS current, previous_token AS previous, token_sent_at AS sentAt,
                      clone_suspected AS cloneSuspected, facts_version AS factsVersion
                 FROM agents WHERE agent_id = ?`,
            agentId,
          )
          const { factsVersion, ...held } = decodeExchange(withoutNulls(row ?? {}))
          const next = exchange(held, beat, fresh)
          run(
            `UPDATE agents
                  SET current_token = ?, previous_token = ?, token_sent_at = ?, clone_suspected = ?,
                      last_beat_at = ?, heartbeats = heartbeats + 1, agent_version = ?, metrics = ?, reboot = ?,
                      running = ?
                WHERE agent_id = ?`,
            next.current,
            next.previous ?? null,
            next.sentAt === undefined ? null : DateTime.formatIso(next.sentAt),
            next.cloneSuspected ? 1 : 0,
            DateTime.formatIso(at),
            beat.agentVersion,
            encodeMetrics(beat.metrics),
            beat.reboot,
            beat.running === undefined ? null : encodeRunning(beat.running),
            agentId,
          )
          if (beat.facts !== undefined) {
            run(
              `UPDATE agents SET facts = ?, facts_version = ? WHERE agent_id = ?`,
              encodeFacts(beat.facts),
              beat.agentVersion,
              agentId,
            )
          }
          return {
            exchangeToken: next.current,
            cloneNoticed: next.cloneSuspected && !held.cloneSuspected,
            factsOutdated: beat.facts === undefined && factsVersion !== beat.agentVersion,
          }
        })
      }, Effect.mapError(toPersistenceError)),

      list: (organization) =>
        serverRows(
          db.all(
            `${selectServers} WHERE a.organization = ? ORDER BY a.enrolled_at, a.agent_id`,
            organization,
          ),
        ).pipe(Effect.map((rows) => rows.map(toServer))),

      find: (organization, agentId) =>
        serverRows(
          db.all(`${selectServers} WHERE a.organization = ? AND a.agent_id = ?`, organization, agentId),
        ).pipe(firstRow, Effect.map(Option.map(toServer))),
    })
  }),
)
