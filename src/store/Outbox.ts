import * as Context from "effect/Context"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import { CommandResult } from "../domain/Command.ts"
import type { CommandId } from "../domain/Identifiers.ts"
import { Database, type Run, type StoreError } from "./Database.ts"

const Body = Schema.fromJsonString(CommandResult)
const encodeBody = Schema.encodeEffect(Body)
const decodeBody = Schema.decodeUnknownEffect(Body)

/** More than a server can be away for: beyond these the oldest results go, and the count is reported. */
export const outboxLimits = {
  results: 1000,
  bytes: 64 * 1024 * 1024,
  ageMilliseconds: 30 * 86_400_000,
} as const

const countDropped = (run: Run, dropped: number) =>
  run(
    "INSERT INTO counters VALUES ('dropped_results', ?) ON CONFLICT (name) DO UPDATE SET value = value + excluded.value",
    dropped,
  )

/** Results that were promised and not yet acknowledged, in the order in which they came about. */
export class Outbox extends Context.Service<
  Outbox,
  {
    /** On disk when this returns. A result that is already there is not added again. */
    readonly add: (result: CommandResult) => Effect.Effect<void, StoreError>
    /**
     * The oldest results whose bodies together stay within the limit; a larger first one comes alone. What cannot be
     * read any more is dropped: the server repeats the command then, and the executor still knows its result.
     */
    readonly due: (
      limitBytes: number,
    ) => Effect.Effect<{ readonly results: ReadonlyArray<CommandResult>; readonly bytes: number }, StoreError>
    /** Whether the result of this command waits here. */
    readonly has: (id: CommandId) => Effect.Effect<boolean, StoreError>
    /** Puts another result in the place of the one of its command. */
    readonly replace: (result: CommandResult) => Effect.Effect<void, StoreError>
    /** Gives a result up: it is counted as dropped, and told to the log. */
    readonly drop: (id: CommandId, why: string) => Effect.Effect<void, StoreError>
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
          countDropped(run, dropped)
        })
      })

      const drop = Effect.fn("Outbox.drop")(function* (id: string, why: string) {
        yield* db.transaction((run) => {
          run("DELETE FROM outbox WHERE seq = (SELECT seq FROM outbox WHERE command_id = ?)", id)
          countDropped(run, 1)
        })
        yield* Effect.logError("result.dropped").pipe(Effect.annotateLogs({ id, why }))
      })

      const has = (id: CommandId) =>
        Effect.map(db.all("SELECT 1 FROM outbox WHERE command_id = ?", id), ({ length }) => length > 0)

      const replace = Effect.fn("Outbox.replace")(function* (result: CommandResult) {
        const body = yield* Effect.orDie(encodeBody(result))
        yield* db.run("UPDATE outbox SET body = ? WHERE command_id = ?", body, result.commandId)
      })

      const read = Effect.fnUntraced(function* (limitBytes: number) {
        const rows = yield* db.all(
          // From one result to the next as long as they fit: nothing else of a large backlog is read.
          `WITH RECURSIVE due (seq, id, body, bytes) AS (
             SELECT * FROM (SELECT seq, command_id, body, octet_length(body) FROM outbox ORDER BY seq LIMIT 1)
             UNION ALL
             SELECT next.seq, next.command_id, next.body, bytes + octet_length(next.body)
             FROM due JOIN outbox AS next ON next.seq = (SELECT MIN(seq) FROM outbox WHERE seq > due.seq)
             WHERE bytes + octet_length(next.body) <= ?)
           SELECT id, body, bytes FROM due ORDER BY seq`,
          limitBytes,
        )
        const decoded = yield* Effect.forEach(rows, (row) => Effect.result(decodeBody(row["body"])))
        return {
          results: decoded.flatMap((result) => (Result.isSuccess(result) ? [result.success] : [])),
          bytes: Number(rows.at(-1)?.["bytes"] ?? 0),
          unreadable: rows.flatMap((row, at) => {
            const result = decoded[at]
            return result !== undefined && Result.isFailure(result)
              ? [{ id: String(row["id"]), why: result.failure.message }]
              : []
          }),
        }
      })

      const due = Effect.fn("Outbox.due")(function* (limitBytes: number) {
        for (;;) {
          const { unreadable, ...found } = yield* read(limitBytes)
          if (unreadable.length === 0) return found
          yield* Effect.forEach(unreadable, ({ id, why }) => drop(id, `it cannot be read: ${why}`))
        }
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

      return Outbox.of({ add, due, has, replace, drop, acknowledge, backlog })
    }),
  )
}
