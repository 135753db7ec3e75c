import * as Schema from "effect/Schema"

/** What became of one attempt. Each is explained in `docs/updates.md`. */
export const UpdateOutcome = Schema.Literals([
  "up_to_date",
  "updated",
  "returned",
  "return_incomplete",
  "off",
  "not_ours",
  "no_service_manager",
  "command_running",
  "unreachable",
  "no_trust",
  "no_releases",
  "expired",
  "wrong_signature",
  "rolled_back",
  "malformed",
  "wrong_checksum",
  "download_paused",
  "disk_full",
  "check_failed",
  "failed",
])
export type UpdateOutcome = typeof UpdateOutcome.Type

/** The last attempt, for `patchctl status`. */
export const UpdateAttempt = Schema.Struct({
  at: Schema.DateTimeUtcFromString,
  outcome: UpdateOutcome,
  /** What happened and, where something is to be done, what. */
  detail: Schema.String,
})
export type UpdateAttempt = typeof UpdateAttempt.Type
