import * as Context from "effect/Context"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import { CommandResult } from "../domain/Command.ts"
import type { CommandId } from "../domain/Identifiers.ts"
import { InstallPlan } from "../domain/InstallPlan.ts"
import { appendAudit, appendStranger, type AuditLine } from "./auditChain.ts"
import { Database, type Row, StoreError } from "./Database.ts"
import { type AcceptedCommand, beginIn, type Begun, prepareIn, pruneIn } from "./ledgerStatements.ts"
import { storedResult } from "./storedResult.ts"
import { Trust } from "./Trust.ts"

const Body = Schema.fromJsonString(CommandResult)
const encodeBody = Schema.encodeEffect(Body)

const Plan = Schema.fromJsonString(InstallPlan)
const encodePlan = Schema.encodeEffect(Plan)
const decodePlan = Schema.decodeUnknownOption(Plan)

/** The restart that a command waits for, and the result it has once the host is back. */
export interface AwaitedRestart {
  /** The boot in which it was asked for. */
  readonly bootId: string
  readonly requestedAt: DateTime.Utc
  readonly result: CommandResult
}

/** A command that was begun and has no result yet. `executor` names the process: pid and start time. */
export interface UnfinishedCommand {
  readonly id: string
  readonly name: string
  readonly issuer: string
  readonly startedAt: DateTime.Utc
  readonly executor: string
  /** Whether it had come to the point of changing something. */
  readonly isPlanned: boolean
  /** What it was about to install; none, too, when another version of the agent wrote it down in its own way. */
  readonly plan: Option.Option<InstallPlan>
  readonly restart: Option.Option<AwaitedRestart>
}

const unfinishedOf = (row: Row): UnfinishedCommand => ({
  id: String(row["id"]),
  name: String(row["name"]),
  issuer: String(row["issuer"] ?? ""),
  startedAt: DateTime.makeUnsafe(Number(row["started_at"])),
  executor: String(row["executor"]),
  isPlanned: row["plan"] !== null,
  plan: decodePlan(row["plan"]),
  restart:
    row["restart_result"] === null
      ? Option.none()
      : Option.some({
          bootId: String(row["restart_boot_id"]),
          requestedAt: DateTime.makeUnsafe(Number(row["restart_at"])),
          result: storedResult(row, row["restart_result"]).result,
        }),
})

/** What the audit log says of a result: of parameters that do not fit no detail, which names properties as the sender did. */
const auditedOutcome = ({ refusal, status }: CommandResult): string => {
  if (refusal === undefined) return status
  return refusal.code === "invalid" ? refusal.code : `${refusal.code}: ${refusal.detail}`
}

/**
 * What the executor has begun and finished, and its audit log. A command is written here before anything runs, so that
 * it can never run twice, whatever is delivered again after a crash. What it remembers is bounded; that a counter has
 * been used is never forgotten.
 */
export class Ledger extends Context.Service<
  Ledger,
  {
    /**
     * The stored final result of a command that has been seen. One that cannot be read is answered by what is known of
     * it, with the problem `result_unreadable`; this takes its place, so that it stays the same for every version.
     */
    readonly resultOf: (id: CommandId) => Effect.Effect<Option.Option<CommandResult>, StoreError>
    /** Claims the command: one at a time, the counter only rises, and time does not go back. */
    readonly begin: (command: AcceptedCommand) => Effect.Effect<Begun, StoreError>
    /** What is written down about a begun command while it runs: see `executor/CommandJournal.ts`. */
    readonly entry: (id: CommandId) => {
      readonly planned: (plan: InstallPlan) => Effect.Effect<void, StoreError>
      readonly rebooting: (restart: {
        readonly bootId: string
        readonly result: CommandResult
      }) => Effect.Effect<void, StoreError>
    }
    /** Stores the one result of an authentic command: of one that was begun, or the refusal of one that was not. */
    readonly finish: (result: CommandResult, issuer: string) => Effect.Effect<void, StoreError>
    readonly unfinished: Effect.Effect<ReadonlyArray<UnfinishedCommand>, StoreError>
    /** Appends to the audit log what is no command's own story. Never a secret. */
    readonly audit: (line: AuditLine) => Effect.Effect<void, StoreError>
  }
>()("patchctl/store/Ledger") {
  /**
   * Fails when SQLite finds the file damaged: without its memory nothing may run. A ledger that is new although keys
   * are pinned has taken the place of one that was lost, and accepts only what is signed from now on.
   */
  static readonly layer: Layer.Layer<Ledger, StoreError, Database | Trust> = Layer.effect(
    Ledger,
    Effect.gen(function* () {
      const db = yield* Database
      const trust = yield* Trust
      // Pages that went bad may hold just the rows that say what has been carried out.
      const [check] = yield* db.all("PRAGMA quick_check(1)")
      if (check?.["quick_check"] !== "ok") {
        return yield* new StoreError({ path: "executor.sqlite", reason: "damaged", cause: check })
      }
      // A file that cannot be read pins something, too.
      const pinned = yield* trust.anchor.pipe(
        Effect.map(Option.isSome),
        Effect.orElseSucceed(() => true),
      )
      const opened = DateTime.toEpochMillis(yield* DateTime.now)
      yield* db.transaction((run) => prepareIn(run, opened, pinned))

      const resultOf = Effect.fn("Ledger.resultOf")(function* (id: CommandId) {
        const [row] = yield* db.all(
          `SELECT *, (SELECT MAX(at) FROM audit WHERE audit.id = commands.id) AS told_at
           FROM commands WHERE id = ? AND result IS NOT NULL`,
          id,
        )
        if (row === undefined) return Option.none()
        const { isWhole, result } = storedResult(row, row["result"])
        if (!isWhole) yield* settle(row, result)
        return Option.some(result)
      })

      /** What was told of a result that cannot be read is its command's one result from now on. */
      const settle = Effect.fnUntraced(function* (row: Row, result: CommandResult) {
        const now = DateTime.toEpochMillis(yield* DateTime.now)
        const body = yield* Effect.orDie(encodeBody(result))
        yield* db.transaction((run) => {
          const [changed] = run(
            "UPDATE commands SET result = ? WHERE id = ? AND result IS ? RETURNING id",
            body,
            result.commandId,
            row["result"] ?? null,
          )
          if (changed === undefined) return
          appendAudit(run, now, {
            id: result.commandId,
            name: result.command,
            issuer: String(row["issuer"]),
            event: "finished",
            outcome: `${result.problem?.code}: told as ${result.status}`,
          })
        })
      })

      const begin = Effect.fn("Ledger.begin")(function* (command: AcceptedCommand) {
        const now = DateTime.toEpochMillis(yield* DateTime.now)
        return yield* db.transaction((run) => beginIn(run, now, command))
      })

      const entry: Ledger["Service"]["entry"] = (id) => ({
        planned: Effect.fn("Ledger.planned")(function* (plan: InstallPlan) {
          yield* db.run(
            "UPDATE commands SET plan = ? WHERE id = ?",
            yield* Effect.orDie(encodePlan(plan)),
            id,
          )
        }),
        rebooting: Effect.fn("Ledger.rebooting")(function* ({ bootId, result }) {
          yield* db.run(
            "UPDATE commands SET restart_boot_id = ?, restart_at = ?, restart_result = ? WHERE id = ?",
            bootId,
            DateTime.toEpochMillis(yield* DateTime.now),
            yield* Effect.orDie(encodeBody(result)),
            id,
          )
        }),
      })

      const finish = Effect.fn("Ledger.finish")(function* (result: CommandResult, issuer: string) {
        const now = DateTime.toEpochMillis(yield* DateTime.now)
        const body = yield* Effect.orDie(encodeBody(result))
        yield* db.transaction((run) => {
          const [stored] = run(
            `INSERT INTO commands (id, seq, name, started_at, executor, result) VALUES (?, 0, ?, ?, '', ?)
             ON CONFLICT (id) DO UPDATE SET result = excluded.result WHERE result IS NULL RETURNING id`,
            result.commandId,
            result.command,
            DateTime.toEpochMillis(result.startedAt),
            body,
          )
          if (stored === undefined) return
          appendAudit(run, now, {
            id: result.commandId,
            name: result.command,
            issuer,
            event: result.status === "refused" ? "refused" : "finished",
            outcome: auditedOutcome(result),
          })
          pruneIn(run, now)
        })
      })

      const audit = Effect.fn("Ledger.audit")(function* (line: AuditLine) {
        const now = DateTime.toEpochMillis(yield* DateTime.now)
        yield* db.transaction((run) =>
          line.event === "refused" || line.event === "pinned"
            ? appendStranger(run, now, line)
            : appendAudit(run, now, line),
        )
      })

      return Ledger.of({
        resultOf,
        begin,
        entry,
        finish,
        unfinished: Effect.map(db.all("SELECT * FROM commands WHERE result IS NULL"), (rows) =>
          rows.map(unfinishedOf),
        ),
        audit,
      })
    }),
  )
}
