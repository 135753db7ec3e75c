import { digestOf } from "../domain/snapshot.ts"
import type { Run } from "./Database.ts"

/** What happened to a request on the side that has root. Never a secret, never an argument. */
export interface AuditLine {
  /** The command's own id once its signature is good, else a name made from what came. */
  readonly id: string
  readonly name: string
  /** Who signed; "" where nobody can be believed. */
  readonly issuer: string
  readonly event:
    | "received"
    | "refused"
    | "started"
    | "finished"
    | "pinned"
    | "rotated"
    | "renamed"
    | "ledger_lost"
  readonly outcome: string
}

/** A line as it is stored, by any version. `at` is in milliseconds since the epoch. */
export interface StoredAuditLine extends Omit<AuditLine, "event"> {
  readonly event: string
  readonly line: number
  readonly at: number
}

/** Lines that are kept one by one; the oldest `foldedTogether` are folded into the checkpoint when there are more. */
export const auditLineLimit = 10_000
const foldedTogether = 1_000

/** Requests without a good signature that are listed one by one in a day; the rest of the day they are counted. */
export const strangersListedPerDay = 100

/** The schema of the chain, as migrations of the database that holds it. */
export const auditChainSchema = `
   ALTER TABLE audit ADD COLUMN hash TEXT NOT NULL DEFAULT '';
   CREATE INDEX audit_by_id ON audit (id);
   CREATE TABLE audit_checkpoint (
     only INTEGER PRIMARY KEY CHECK (only = 1),
     line INTEGER NOT NULL,
     hash TEXT NOT NULL
   ) STRICT;
   INSERT INTO audit_checkpoint SELECT 1, COALESCE(MAX(line), 0), '' FROM audit;
   CREATE TRIGGER audit_checkpoint_is_a_line BEFORE UPDATE ON audit_checkpoint
     WHEN NEW.line <= OLD.line OR NEW.hash IS NOT (SELECT hash FROM audit WHERE line = NEW.line)
     BEGIN SELECT RAISE(ABORT, 'not a line of the chain'); END;
   DROP TRIGGER audit_is_kept;
   CREATE TRIGGER audit_is_kept BEFORE DELETE ON audit
     WHEN OLD.line > (SELECT line FROM audit_checkpoint)
     BEGIN SELECT RAISE(ABORT, 'append only'); END;
   CREATE TABLE audit_strangers (
     only INTEGER PRIMARY KEY CHECK (only = 1),
     day INTEGER NOT NULL,
     listed INTEGER NOT NULL,
     counted INTEGER NOT NULL
   ) STRICT;
   INSERT INTO audit_strangers VALUES (1, 0, 0, 0);`

/** SHA-256 of the previous line's hash and the RFC 8785 canonical JSON of the line. */
export const auditHash = (previous: string, line: StoredAuditLine): string => digestOf([previous, line])

/** Text that SQLite gives back as it was: no NUL, no lone surrogate, and no more than a line. */
const plain = (text: string): string =>
  text
    .slice(0, 600)
    .toWellFormed()
    .replaceAll(/\p{Cc}/gu, " ")

const fold = (run: Run, newest: number): void => {
  const folded = Number(run("SELECT line FROM audit_checkpoint")[0]?.["line"])
  if (newest - folded <= auditLineLimit) return
  const upTo = folded + foldedTogether
  run("UPDATE audit_checkpoint SET line = ?, hash = (SELECT hash FROM audit WHERE line = ?)", upTo, upTo)
  run("DELETE FROM audit WHERE line <= ?", upTo)
}

/** Appends a line to the chain, inside the transaction of what it tells of. */
export const appendAudit = (run: Run, at: number, line: AuditLine): void => {
  const [head] = run(
    `SELECT line, hash FROM audit WHERE line > (SELECT line FROM audit_checkpoint)
     UNION ALL SELECT line, hash FROM audit_checkpoint ORDER BY line DESC LIMIT 1`,
  )
  const stored: StoredAuditLine = {
    line: Number(head?.["line"]) + 1,
    at,
    id: plain(line.id),
    name: plain(line.name),
    issuer: plain(line.issuer),
    event: line.event,
    outcome: plain(line.outcome),
  }
  run(
    "INSERT INTO audit (line, at, id, name, issuer, event, outcome, hash) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
    stored.line,
    stored.at,
    stored.id,
    stored.name,
    stored.issuer,
    stored.event,
    stored.outcome,
    auditHash(String(head?.["hash"]), stored),
  )
  fold(run, stored.line)
}

/**
 * Appends what anybody can bring about who may talk to the executor, without a signature. What is sent again is not told
 * again, and a flood is told as a number: it must neither fill the disk nor push out the lines about genuine commands.
 */
export const appendStranger = (run: Run, at: number, line: AuditLine): void => {
  const told = run(
    "SELECT 1 FROM audit WHERE id = ? AND event = ? AND outcome = ? LIMIT 1",
    plain(line.id),
    line.event,
    plain(line.outcome),
  )
  if (told.length > 0) return
  const today = Math.floor(at / 86_400_000)
  const [known] = run("SELECT day, listed, counted FROM audit_strangers")
  const isToday = Number(known?.["day"]) === today
  const listed = isToday ? Number(known?.["listed"]) : 0
  const counted = Number(known?.["counted"])
  if (!isToday && counted > 0) {
    appendAudit(run, at, {
      id: "",
      name: "unknown",
      issuer: "",
      event: "refused",
      outcome: `${counted} more without a good signature, beyond the first ${strangersListedPerDay} of a day`,
    })
  }
  if (listed < strangersListedPerDay) {
    run(
      "UPDATE audit_strangers SET day = ?, listed = ?, counted = ?",
      today,
      listed + 1,
      isToday ? counted : 0,
    )
    appendAudit(run, at, line)
  } else {
    run("UPDATE audit_strangers SET counted = counted + 1")
  }
}
