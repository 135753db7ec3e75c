import * as Context from "effect/Context"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Schema from "effect/Schema"
import { CommandResult } from "../domain/Command.ts"
import type { CommandId } from "../domain/Identifiers.ts"
import { Database, StoreError } from "./Database.ts"

const Body = Schema.fromJsonString(CommandResult)
const encodeBody = Schema.encodeEffect(Body)
const decodeBody = Schema.decodeUnknownEffect(Body)

/** More than a server can be away for: beyond these the oldest results go, and the count is reported. */
export const outboxLimits = {
  results: 1000,
  bytes: 64 * 1024 * 1024,
  ageMilliseconds: 30 * 86_400_000,
} as const

/** Results that were promised and not yet acknowledged, in the order in which they came about. */
export class Outbox extends Context.Service<
  Outbox,
  {
    /** On disk when this returns. A result that is already there is not added again. */
    readonly add: (result: CommandResult) => Effect.Effect<void, StoreError>
    /** The oldest results whose bodies together stay within the limit; a larger first one comes alone. */
    readonly due: (
      limitBytes: number,
    ) => Effect.Effect<{ readonly results: ReadonlyArray<CommandResult>; readonly bytes: number }, StoreError>
    readonly acknowledge: (ids: ReadonlyArray<CommandId>) => Effect.Effect<void, StoreError>
    readonly backlog: Effect.Effect<{ readonly pending: number; readonly dropped: number }, StoreError>
  }
>()("patchctl/store/Outbox") {
  static readonly layer: Layer.Layer<Outbox, never, Database> = Layer.effect(
    Outbox,
    Effect.gen(function* () {
      const db = yield* Database

      const add = Effect.fn("Outbox.add")(function* (result: CommandResult) {
        const body = yield* Effect.orDie(encodeBody(result))
        const now = DateTime.toEpochMillis(yield* DateTime.now)
        yield* db.transaction((run) => {
          run(
            "INSERT OR IGNORE INTO outbox (command_id, body, added_at) VALUES (?, ?, ?)",
            result.commandId,
            body,
            now,
          )
          const dropped = run(
            `DELETE FROM outbox WHERE seq IN (
               SELECT seq FROM (
                 SELECT seq, added_at, ROW_NUMBER() OVER newest AS place, SUM(LENGTH(body)) OVER newest AS bytes
                 FROM outbox WINDOW newest AS (ORDER BY seq DESC))
               WHERE place > 1 AND (place > ? OR bytes > ? OR added_at < ?))
             RETURNING seq`,
            outboxLimits.results,
            outboxLimits.bytes,
            now - outboxLimits.ageMilliseconds,
          ).length
          run(
            "INSERT INTO counters VALUES ('dropped_results', ?) ON CONFLICT (name) DO UPDATE SET value = value + excluded.value",
            dropped,
          )
        })
      })

      const due = Effect.fn("Outbox.due")(function* (limitBytes: number) {
        const rows = yield* db.all(
          `SELECT body, bytes FROM (
             SELECT seq, body, SUM(LENGTH(body)) OVER (ORDER BY seq) AS bytes, ROW_NUMBER() OVER (ORDER BY seq) AS place
             FROM outbox)
           WHERE bytes <= ? OR place = 1 ORDER BY seq`,
          limitBytes,
        )
        const results = yield* Effect.mapError(
          Effect.forEach(rows, (row) => decodeBody(row["body"])),
          (cause) => new StoreError({ path: "outbox", reason: "damaged", cause }),
        )
        return { results, bytes: Number(rows.at(-1)?.["bytes"] ?? 0) }
      })

      const acknowledge = Effect.fn("Outbox.acknowledge")((ids: ReadonlyArray<CommandId>) =>
        db.transaction((run) => {
          for (const id of ids) run("DELETE FROM outbox WHERE command_id = ?", id)
        }),
      )

      const backlog = Effect.map(
        db.all(
          `SELECT (SELECT COUNT(*) FROM outbox) AS pending,
                  COALESCE((SELECT value FROM counters WHERE name = 'dropped_results'), 0) AS dropped`,
        ),
        ([row]) => ({ pending: Number(row?.["pending"] ?? 0), dropped: Number(row?.["dropped"] ?? 0) }),
      )

      return Outbox.of({ add, due, acknowledge, backlog })
    }),
  )
}
