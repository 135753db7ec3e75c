import * as Context from "effect/Context"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import { CommandResult } from "../domain/Command.ts"
import type { CommandId } from "../domain/Identifiers.ts"
import { Database, StoreError } from "./Database.ts"

const Body = Schema.fromJsonString(CommandResult)
const encodeBody = Schema.encodeEffect(Body)
const decodeBody = Schema.decodeUnknownEffect(Body)

/** The executor's SQLite schema, one entry per `user_version`. */
export const ledgerMigrations: ReadonlyArray<string> = [
  `CREATE TABLE commands (
     id TEXT PRIMARY KEY,
     seq INTEGER NOT NULL,
     name TEXT NOT NULL,
     started_at INTEGER NOT NULL,
     executor TEXT NOT NULL,
     result TEXT
   ) STRICT;
   CREATE TABLE audit (
     line INTEGER PRIMARY KEY AUTOINCREMENT,
     at INTEGER NOT NULL,
     id TEXT NOT NULL,
     name TEXT NOT NULL,
     issuer TEXT NOT NULL,
     event TEXT NOT NULL,
     outcome TEXT NOT NULL
   ) STRICT;
   CREATE TRIGGER audit_is_append_only BEFORE UPDATE ON audit BEGIN SELECT RAISE(ABORT, 'append only'); END;
   CREATE TRIGGER audit_is_kept BEFORE DELETE ON audit BEGIN SELECT RAISE(ABORT, 'append only'); END;`,
]

/** A command that was begun and has no result yet. `executor` names the process: pid and start time. */
export interface UnfinishedCommand {
  readonly id: string
  readonly name: string
  readonly startedAt: DateTime.Utc
  readonly executor: string
}

/** What `begin` found: the way is free, or this id or a higher counter has been seen. */
export type Begun =
  | { readonly kind: "begun" }
  | { readonly kind: "replayed"; readonly highest: number }
  | { readonly kind: "busy"; readonly with: UnfinishedCommand }

export interface AuditLine {
  readonly id: string
  readonly name: string
  readonly issuer: string
  readonly event: "received" | "refused" | "started" | "finished"
  readonly outcome: string
}

const unfinishedOf = (row: Readonly<Record<string, unknown>>): UnfinishedCommand => ({
  id: String(row["id"]),
  name: String(row["name"]),
  startedAt: DateTime.makeUnsafe(Number(row["started_at"])),
  executor: String(row["executor"]),
})

/**
 * What the executor has begun and finished. A command is written here before anything runs, so that it can never
 * run twice, whatever is delivered again after a crash.
 */
export class Ledger extends Context.Service<
  Ledger,
  {
    /** The stored final result of a command that has been seen. */
    readonly resultOf: (id: CommandId) => Effect.Effect<Option.Option<CommandResult>, StoreError>
    /** Claims the command: one at a time, and the counter only rises. */
    readonly begin: (command: {
      readonly id: CommandId
      readonly seq: number
      readonly name: string
      readonly executor: string
    }) => Effect.Effect<Begun, StoreError>
    readonly finish: (result: CommandResult) => Effect.Effect<void, StoreError>
    readonly unfinished: Effect.Effect<ReadonlyArray<UnfinishedCommand>, StoreError>
    /** Appends to the audit log. Never a secret. */
    readonly audit: (line: AuditLine) => Effect.Effect<void, StoreError>
  }
>()("patchctl/store/Ledger") {
  static readonly layer: Layer.Layer<Ledger, never, Database> = Layer.effect(
    Ledger,
    Effect.gen(function* () {
      const db = yield* Database

      const resultOf = Effect.fn("Ledger.resultOf")(function* (id: CommandId) {
        const [row] = yield* db.all("SELECT result FROM commands WHERE id = ? AND result IS NOT NULL", id)
        if (row === undefined) return Option.none()
        const result = yield* Effect.mapError(
          decodeBody(row["result"]),
          (cause) => new StoreError({ path: "ledger", reason: "damaged", cause }),
        )
        return Option.some(result)
      })

      const begin = Effect.fn("Ledger.begin")(function* (command: Parameters<Ledger["Service"]["begin"]>[0]) {
        const now = DateTime.toEpochMillis(yield* DateTime.now)
        return yield* db.transaction((run): Begun => {
          const [running] = run(
            "SELECT id, name, started_at, executor FROM commands WHERE result IS NULL LIMIT 1",
          )
          if (running !== undefined) return { kind: "busy", with: unfinishedOf(running) }
          const highest = Number(run("SELECT COALESCE(MAX(seq), 0) AS seq FROM commands")[0]?.["seq"])
          if (command.seq <= highest) return { kind: "replayed", highest }
          run(
            "INSERT INTO commands (id, seq, name, started_at, executor) VALUES (?, ?, ?, ?, ?)",
            command.id,
            command.seq,
            command.name,
            now,
            command.executor,
          )
          return { kind: "begun" }
        })
      })

      const finish = Effect.fn("Ledger.finish")(function* (result: CommandResult) {
        yield* db.run(
          "UPDATE commands SET result = ? WHERE id = ? AND result IS NULL",
          yield* Effect.orDie(encodeBody(result)),
          result.commandId,
        )
      })

      const audit = Effect.fn("Ledger.audit")(function* (line: AuditLine) {
        yield* db.run(
          "INSERT INTO audit (at, id, name, issuer, event, outcome) VALUES (?, ?, ?, ?, ?, ?)",
          DateTime.toEpochMillis(yield* DateTime.now),
          line.id,
          line.name,
          line.issuer,
          line.event,
          line.outcome,
        )
      })

      return Ledger.of({
        resultOf,
        begin,
        finish,
        unfinished: Effect.map(
          db.all("SELECT id, name, started_at, executor FROM commands WHERE result IS NULL"),
          (rows) => rows.map(unfinishedOf),
        ),
        audit,
      })
    }),
  )
}
