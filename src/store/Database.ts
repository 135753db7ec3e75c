import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"
import { closeSync, existsSync, openSync } from "node:fs"
import { DatabaseSync, type SQLInputValue, type SQLOutputValue } from "node:sqlite"

/** The state file could not be read or written. Nothing that was promised is lost: callers retry or stop. */
export class StoreError extends Schema.TaggedError<StoreError>()("StoreError", {
  path: Schema.String,
  reason: Schema.Literals(["full", "read_only", "damaged", "busy", "failed"]),
  cause: Schema.Defect(),
}) {
  override get message() {
    const what = {
      full: "the disk is full: free space, the agent goes on by itself",
      read_only: "the file or its directory is not writable: check owner, mode and mount options",
      damaged: this.path.endsWith("executor.sqlite")
        ? "the file is damaged: no command is carried out, lest one runs twice; see Troubleshooting, State"
        : "the file is damaged: move it away and restart the agent, which then enrols again",
      busy: "another process holds it for too long",
      failed: "SQLite failed",
    }[this.reason]
    return `${this.path}: ${what}`
  }
}

/** SQLite's primary result codes (sqlite.org/rescode.html) that an operator can act on. */
const sqliteReasons: Readonly<Record<number, StoreError["reason"]>> = {
  5: "busy",
  6: "busy",
  8: "read_only",
  11: "damaged",
  13: "full",
  14: "read_only",
  26: "damaged",
}

/** SQLITE_IOERR_SHMSIZE: there is no room for the 32 KiB beside the file that its readers and writers share. */
const noRoomToShare = 4874

/** errno(3) names, from creating the file before SQLite opens it. */
const systemReasons: Readonly<Record<string, StoreError["reason"]>> = {
  EACCES: "read_only",
  EPERM: "read_only",
  EROFS: "read_only",
  ENOENT: "read_only",
  ENOSPC: "full",
  EDQUOT: "full",
}

export const reasonOf = (cause: unknown): StoreError["reason"] => {
  if (typeof cause !== "object" || cause === null) return "failed"
  const code = "errcode" in cause ? Number(cause.errcode) : 0
  const sqlite = code === noRoomToShare ? "full" : sqliteReasons[code & 0xff]
  const system = "code" in cause ? systemReasons[String(cause.code)] : undefined
  return sqlite ?? system ?? "failed"
}

/**
 * Holds `path`, a SQLite file without content, until the scope ends; fails with `busy` while somebody else does. The
 * kernel lets go of it with the process, however that ends, so that there are no stale locks.
 */
export const lockFile = (path: string): Effect.Effect<void, StoreError, Scope.Scope> =>
  Effect.asVoid(
    Effect.acquireRelease(
      Effect.try({
        try: () => {
          createPrivate(path)
          const lock = new DatabaseSync(path, { timeout: 0 })
          try {
            lock.exec("BEGIN EXCLUSIVE")
            return lock
          } catch (cause) {
            lock.close()
            throw cause
          }
        },
        catch: (cause) => new StoreError({ path, reason: reasonOf(cause), cause }),
      }),
      (lock) => Effect.sync(() => lock.close()),
    ),
  )

/** Whether somebody holds `path` by `lockFile`; nobody holds what is not there. */
export const isLocked = (path: string): Effect.Effect<boolean, StoreError> =>
  Effect.suspend(() =>
    existsSync(path)
      ? Effect.scoped(lockFile(path)).pipe(
          Effect.as(false),
          Effect.catchIf(
            ({ reason }) => reason === "busy",
            () => Effect.succeed(true),
          ),
        )
      : Effect.succeed(false),
  )

/** SQLite would create the file for everybody to read; its WAL takes over the mode of the file. */
const createPrivate = (path: string): void => {
  if (path !== ":memory:") closeSync(openSync(path, "a", 0o600))
}

export type Row = Readonly<Record<string, SQLOutputValue>>

/** Runs one statement of the transaction it is called in. */
export type Run = (sql: string, ...values: ReadonlyArray<SQLInputValue>) => ReadonlyArray<Row>

/**
 * One SQLite file: WAL, `synchronous=FULL`, so that what a call promised survives power loss. Statements run on
 * the calling fiber and are short; `transaction` is all or nothing.
 */
export class Database extends Context.Service<
  Database,
  {
    readonly all: (
      sql: string,
      ...values: ReadonlyArray<SQLInputValue>
    ) => Effect.Effect<ReadonlyArray<Row>, StoreError>
    readonly run: (
      sql: string,
      ...values: ReadonlyArray<SQLInputValue>
    ) => Effect.Effect<{ readonly changes: number }, StoreError>
    readonly transaction: <A>(statements: (run: Run) => A) => Effect.Effect<A, StoreError>
  }
>()("patchctl/store/Database") {
  /**
   * Opens or creates `path` (mode 600) and brings it to the newest schema: `migrations[n]` leads from
   * `user_version` n to n + 1. `:memory:` gives a private empty one.
   */
  static readonly layer = (
    path: string,
    migrations: ReadonlyArray<string>,
  ): Layer.Layer<Database, StoreError> =>
    Layer.effect(
      Database,
      Effect.gen(function* () {
        const attempt = <A>(evaluate: () => A) =>
          Effect.try({
            try: evaluate,
            catch: (cause) => new StoreError({ path, reason: reasonOf(cause), cause }),
          })

        const db = yield* Effect.acquireRelease(
          attempt(() => {
            createPrivate(path)
            return new DatabaseSync(path, { timeout: 5000 })
          }),
          (open) => Effect.sync(() => open.close()),
        )
        const prepared = new Map<string, ReturnType<DatabaseSync["prepare"]>>()
        const statement = (sql: string) => {
          const known = prepared.get(sql) ?? db.prepare(sql)
          prepared.set(sql, known)
          return known
        }
        const inTransaction = <A>(evaluate: () => A): A => {
          db.exec("BEGIN IMMEDIATE")
          try {
            const value = evaluate()
            db.exec("COMMIT")
            return value
          } catch (cause) {
            if (db.isTransaction) db.exec("ROLLBACK")
            throw cause
          }
        }

        yield* attempt(() => {
          db.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON")
          const version = Number(db.prepare("PRAGMA user_version").get()?.["user_version"] ?? 0)
          for (const [index, migration] of migrations.entries()) {
            if (index < version) continue
            inTransaction(() => db.exec(`${migration}; PRAGMA user_version = ${index + 1}`))
          }
        })

        return Database.of({
          all: (sql, ...values) => attempt(() => statement(sql).all(...values)),
          run: (sql, ...values) =>
            attempt(() => ({ changes: Number(statement(sql).run(...values).changes) })),
          transaction: (statements) =>
            attempt(() => inTransaction(() => statements((sql, ...values) => statement(sql).all(...values)))),
        })
      }),
    )
}
