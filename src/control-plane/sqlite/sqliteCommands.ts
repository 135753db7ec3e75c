import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import { CommandResult } from "../../domain/Command.ts"
import { CommandId } from "../../domain/Identifiers.ts"
import { RunningCommand } from "../../protocol/AgentMessages.ts"
import { CommandRecord } from "../../protocol/OperatorApi.ts"
import { Database } from "../../store/Database.ts"
import { commandState } from "../commandState.ts"
import { Commands, strayResultLimit } from "../persistence/Commands.ts"
import { firstRow, rowsOf, toPersistenceError } from "./rows.ts"

const Result = Schema.fromJsonString(CommandResult)
const encodeResult = Schema.encodeSync(Result)

const { state: _state, ...storedFields } = CommandRecord.fields
const CommandRow = Schema.Struct({
  ...storedFields,
  result: Schema.optionalKey(Result),
  deliveredAt: Schema.optionalKey(Schema.DateTimeUtcFromString),
  running: Schema.optionalKey(Schema.fromJsonString(RunningCommand)),
})
const commandRows = rowsOf(CommandRow)
const seqRows = Schema.decodeUnknownEffect(Schema.NonEmptyArray(Schema.Struct({ seq: Schema.Int })))
const pendingRows = Schema.decodeUnknownSync(
  Schema.Array(Schema.Struct({ commandId: CommandId, envelope: Schema.String })),
)
const strayRows = rowsOf(Schema.Struct({ result: Result }))

const selectCommands = `
  SELECT c.command_id AS commandId, c.agent_id AS agentId, c.command, c.seq, c.queued_at AS queuedAt,
         c.expires_at AS expiresAt, c.queued_by AS queuedBy, c.delivered_at AS deliveredAt, c.result, a.running
    FROM commands c JOIN agents a ON a.agent_id = c.agent_id`

const toRecord =
  (at: DateTime.Utc) =>
  ({ deliveredAt, running, ...command }: typeof CommandRow.Type): CommandRecord => ({
    ...command,
    state: commandState(
      {
        finished: command.result !== undefined,
        delivered: deliveredAt !== undefined,
        running: running?.commandId === command.commandId,
        expiresAt: command.expiresAt,
      },
      at,
    ),
  })

/** As many envelopes from the front as fit, but at least one. */
const fitting = <A extends { readonly envelope: string }>(rows: ReadonlyArray<A>, limitBytes: number) => {
  let bytes = 0
  return rows.filter((row, index) => {
    bytes += row.envelope.length
    return index === 0 || bytes <= limitBytes
  })
}

export const layer = Layer.effect(
  Commands,
  Effect.gen(function* () {
    const db = yield* Database

    return Commands.of({
      reserveSeq: (agentId) =>
        db
          .all(
            `UPDATE agents SET last_seq = last_seq + 1 WHERE agent_id = ? RETURNING last_seq AS seq`,
            agentId,
          )
          .pipe(
            Effect.flatMap(seqRows),
            Effect.map(([row]) => row.seq),
            Effect.mapError(toPersistenceError),
          ),

      add: (command) =>
        db
          .run(
            `INSERT INTO commands (command_id, agent_id, seq, command, envelope, queued_at, expires_at, queued_by)
             VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
            command.commandId,
            command.agentId,
            command.seq,
            command.command,
            command.envelope,
            DateTime.formatIso(command.queuedAt),
            DateTime.formatIso(command.expiresAt),
            command.queuedBy,
          )
          .pipe(Effect.mapError(toPersistenceError), Effect.asVoid),

      deliver: Effect.fn("Commands.deliver")(function* (agentId, limitBytes, at) {
        const now = DateTime.formatIso(at)
        return yield* db.transaction((run) => {
          const pending = pendingRows(
            run(
              `SELECT command_id AS commandId, envelope FROM commands
                  WHERE agent_id = ? AND result IS NULL AND (expires_at > ? OR delivered_at IS NOT NULL)
                  ORDER BY seq LIMIT 100`,
              agentId,
              now,
            ),
          )
          const delivered = fitting(pending, limitBytes)
          for (const { commandId } of delivered) {
            run(
              `UPDATE commands SET delivered_at = ? WHERE command_id = ? AND delivered_at IS NULL`,
              now,
              commandId,
            )
          }
          return delivered.map((row) => row.envelope)
        })
      }, Effect.mapError(toPersistenceError)),

      settle: Effect.fn("Commands.settle")(function* (agentId, results, at) {
        if (results.length === 0) return
        const now = DateTime.formatIso(at)
        yield* db.transaction((run) => {
          for (const result of results) {
            const document = encodeResult(result)
            const ours = run(
              `UPDATE commands SET result = coalesce(result, ?), finished_at = coalesce(finished_at, ?)
                  WHERE command_id = ? AND agent_id = ? RETURNING seq`,
              document,
              now,
              result.commandId,
              agentId,
            )
            if (ours.length > 0) continue
            run(
              `INSERT INTO stray_results (agent_id, command_id, received_at, result) VALUES (?, ?, ?, ?)
                   ON CONFLICT DO NOTHING`,
              agentId,
              result.commandId,
              now,
              document,
            )
          }
          run(
            `DELETE FROM stray_results WHERE agent_id = ? AND number <=
                 (SELECT number FROM stray_results WHERE agent_id = ? ORDER BY number DESC LIMIT 1 OFFSET ?)`,
            agentId,
            agentId,
            strayResultLimit,
          )
        })
      }, Effect.mapError(toPersistenceError)),

      list: (agentId, at) =>
        commandRows(db.all(`${selectCommands} WHERE c.agent_id = ? ORDER BY c.seq DESC`, agentId)).pipe(
          Effect.map((rows) => rows.map(toRecord(at))),
        ),

      find: (organization, commandId, at) =>
        commandRows(
          db.all(`${selectCommands} WHERE a.organization = ? AND c.command_id = ?`, organization, commandId),
        ).pipe(firstRow, Effect.map(Option.map(toRecord(at)))),

      strays: (agentId) =>
        strayRows(
          db.all(`SELECT result FROM stray_results WHERE agent_id = ? ORDER BY number`, agentId),
        ).pipe(Effect.map((rows) => rows.map((row) => row.result))),
    })
  }),
)
