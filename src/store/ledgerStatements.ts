import * as DateTime from "effect/DateTime"
import type { AgentId, CommandId } from "../domain/Identifiers.ts"
import { appendAudit } from "./auditChain.ts"
import type { Run } from "./Database.ts"

/** Finished commands are kept so many days, the newest ones longer, and never more than so many in all. */
const keptDays = 90
const keptAtLeast = 100
const keptAtMost = 1_000

const day = 86_400_000

/** How far the two ends' clocks may differ, in milliseconds. */
const tolerance = 60_000

/** How far this host's clock is believed beyond the moment at which a command was signed. */
const vouchedFor = 7 * day

/** A command that is authentic and about to be carried out. */
export interface AcceptedCommand {
  readonly id: CommandId
  /** Counts the commands for `audience`. */
  readonly seq: number
  /** The agent id it is for: this host's, which may have had another one before. */
  readonly audience: AgentId
  readonly name: string
  readonly issuer: string
  readonly signedAt: DateTime.Utc
  readonly expiresAt: DateTime.Utc
  /** Who carries it out: `processIdentity`. */
  readonly executor: string
}

/** What `begin` found: the way is free, or why not. */
export type Begun =
  | { readonly kind: "begun" }
  /** Another is unfinished: one at a time. */
  | { readonly kind: "busy"; readonly with: string }
  /** Its counter is not above that of one that was begun before. */
  | { readonly kind: "replayed"; readonly highest: number }
  /** It was signed before this ledger began, in place of one that was lost: it may have been carried out. */
  | { readonly kind: "unknown_past"; readonly signedAfter: DateTime.Utc }
  /** It had expired by a time that this host has already seen. */
  | { readonly kind: "expired"; readonly latest: DateTime.Utc }

/**
 * Prepares a ledger that is new. When keys are pinned already, it has taken the place of one that was lost, and with it
 * went the knowledge of what has been carried out: only what is signed from now on is accepted.
 */
export const prepareIn = (run: Run, now: number, pinned: boolean): void => {
  if (run("SELECT 1 FROM memory").length > 0) return
  const signedAfter = pinned ? now + tolerance : 0
  run("INSERT INTO memory (only, highest_seq, latest, signed_after) VALUES (1, 0, 0, ?)", signedAfter)
  if (pinned) {
    appendAudit(run, now, {
      id: "",
      name: "",
      issuer: "",
      event: "ledger_lost",
      outcome: "a new ledger takes the place of one that is gone; what was signed before is refused",
    })
  }
}

/** Forgets results that nobody will ask for again. A command whose result is gone is refused by its counter. */
export const pruneIn = (run: Run, now: number): void => {
  run(
    `DELETE FROM commands WHERE result IS NOT NULL AND (
       rowid <= (SELECT rowid FROM commands ORDER BY rowid DESC LIMIT 1 OFFSET ?)
       OR (started_at < ? AND rowid <= (SELECT rowid FROM commands ORDER BY rowid DESC LIMIT 1 OFFSET ?)))`,
    keptAtMost,
    now - keptDays * day,
    keptAtLeast,
  )
}

/**
 * Claims a command: judges it by what is remembered, and writes it down.
 *
 * Time: `latest` is the latest moment that was seen and vouched for, so that a clock that is set back makes no command
 * valid again that had expired. A clock alone vouches for nothing, because one that was wrong by years would make every
 * later command look expired: it is believed for a week after the signature of the command that it accepts.
 */
export const beginIn = (run: Run, now: number, command: AcceptedCommand): Begun => {
  const [running] = run("SELECT id FROM commands WHERE result IS NULL LIMIT 1")
  if (running !== undefined) return { kind: "busy", with: String(running["id"]) }
  const [counted] = run(
    "SELECT COALESCE(MAX(highest_seq), 0) AS highest FROM counters WHERE audience IN (?, '')",
    command.audience,
  )
  const highest = Number(counted?.["highest"])
  const [memory] = run("SELECT latest, signed_after FROM memory")
  const latest = Number(memory?.["latest"])
  const signedAfter = Number(memory?.["signed_after"])
  const signedAt = DateTime.toEpochMillis(command.signedAt)
  if (command.seq <= highest) return { kind: "replayed", highest }
  if (signedAt < signedAfter) return { kind: "unknown_past", signedAfter: DateTime.makeUnsafe(signedAfter) }
  if (DateTime.toEpochMillis(command.expiresAt) <= latest - tolerance) {
    return { kind: "expired", latest: DateTime.makeUnsafe(latest) }
  }
  run(
    `INSERT INTO counters VALUES (?, ?)
     ON CONFLICT (audience) DO UPDATE SET highest_seq = excluded.highest_seq`,
    command.audience,
    command.seq,
  )
  run(
    "UPDATE memory SET highest_seq = MAX(highest_seq, ?), latest = ?",
    command.seq,
    Math.max(latest, Math.min(now, signedAt + vouchedFor)),
  )
  run(
    "INSERT INTO commands (id, seq, name, issuer, started_at, executor) VALUES (?, ?, ?, ?, ?, ?)",
    command.id,
    command.seq,
    command.name,
    command.issuer,
    now,
    command.executor,
  )
  const { id, name, issuer } = command
  const received = `counter ${command.seq}, signed ${DateTime.formatIso(command.signedAt)}`
  appendAudit(run, now, { id, name, issuer, event: "received", outcome: received })
  appendAudit(run, now, { id, name, issuer, event: "started", outcome: "" })
  return { kind: "begun" }
}
