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
          const isTooMuch = () => {
            const [oldest] = run(
              `SELECT added_at AS addedAt, (SELECT COUNT(*) FROM outbox) AS results,
                      (SELECT SUM(octet_length(body)) FROM outbox) AS bytes
               FROM outbox ORDER BY seq LIMIT 1`,
            )
            const results = Number(oldest?.["results"])
            return (
              results > 1 &&
              (results > outboxLimits.results ||
                Number(oldest?.["bytes"]) > outboxLimits.bytes ||
                Number(oldest?.["addedAt"]) < now - outboxLimits.ageMilliseconds)
            )
          }
          let dropped = 0
          for (; isTooMuch(); dropped++) run("DELETE FROM outbox WHERE seq = (SELECT MIN(seq) FROM outbox)")
          run(
            "INSERT INTO counters VALUES ('dropped_results', ?) ON CONFLICT (name) DO UPDATE SET value = value + excluded.value",
            dropped,
          )
        })
      })

      const due = Effect.fn("Outbox.due")(function* (limitBytes: number) {
        const rows = yield* db.all(
          // From one result to the next as long as they fit: nothing else of a large backlog is read.
          `WITH RECURSIVE due (seq, body, bytes) AS (
             SELECT * FROM (SELECT seq, body, octet_length(body) FROM outbox ORDER BY seq LIMIT 1)
             UNION ALL
             SELECT next.seq, next.body, bytes + octet_length(next.body)
             FROM due JOIN outbox AS next ON next.seq = (SELECT MIN(seq) FROM outbox WHERE seq > due.seq)
             WHERE bytes + octet_length(next.body) <= ?)
           SELECT body, bytes FROM due ORDER BY seq`,
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
