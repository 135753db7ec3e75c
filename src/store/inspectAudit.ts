import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { DatabaseSync } from "node:sqlite"
import { auditHash } from "./auditChain.ts"
import { reasonOf, StoreError } from "./Database.ts"

/** What an audit log shows: whole from `first` to `last`, or where it was tampered with. */
export type AuditVerdict =
  | { readonly kind: "whole"; readonly first: number; readonly last: number }
  | { readonly kind: "broken"; readonly line: number; readonly detail: string }

const Checkpoint = Schema.Struct({ line: Schema.Int, hash: Schema.String })
const Line = Schema.Struct({
  line: Schema.Int,
  at: Schema.Int,
  id: Schema.String,
  name: Schema.String,
  issuer: Schema.String,
  event: Schema.String,
  outcome: Schema.String,
  hash: Schema.String,
})

const decodeCheckpoint = Schema.decodeUnknownSync(Checkpoint)
const decodeLine = Schema.decodeUnknownSync(Line)

const broken = (line: number, detail: string): AuditVerdict => ({ kind: "broken", line, detail })

const follow = (db: DatabaseSync): AuditVerdict => {
  const checkpoint = decodeCheckpoint(db.prepare("SELECT line, hash FROM audit_checkpoint").get())
  let { line: last, hash } = checkpoint
  const rows = db
    .prepare(
      "SELECT line, at, id, name, issuer, event, outcome, hash FROM audit WHERE line > ? ORDER BY line",
    )
    .iterate(checkpoint.line)
  for (const row of rows) {
    const expected = last + 1
    const { hash: written, ...line } = decodeLine(row)
    if (line.line !== expected) return broken(expected, "is missing")
    if (auditHash(hash, line) !== written) {
      return broken(expected, "does not fit the line before it: one of the two was changed")
    }
    last = expected
    hash = written
  }
  // SQLite remembers the highest number it gave, which tells when the newest lines are gone.
  const given = Number(db.prepare("SELECT seq FROM sqlite_sequence WHERE name = 'audit'").get()?.["seq"] ?? 0)
  return given > last
    ? broken(last + 1, "and what follows are missing")
    : { kind: "whole", first: checkpoint.line + 1, last }
}

/**
 * Follows the chain of the audit log from its checkpoint to its end. It shows damage and clumsy changes; whoever has
 * root can write a new chain. Opens the file for reading only.
 */
export const inspectAudit = (path: string): Effect.Effect<AuditVerdict, StoreError> => {
  const attempt = <A>(evaluate: () => A) =>
    Effect.try({ try: evaluate, catch: (cause) => new StoreError({ path, reason: reasonOf(cause), cause }) })
  return Effect.acquireUseRelease(
    attempt(() => new DatabaseSync(path, { readOnly: true, timeout: 5000 })),
    (open) => attempt(() => follow(open)),
    (open) => Effect.sync(() => open.close()),
  )
}
