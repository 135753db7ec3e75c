import * as DateTime from "effect/DateTime"

/** `2026-11-22 10:00:00Z`, or `-` for what has not happened. */
export const instantText = (at: DateTime.Utc | undefined): string =>
  at === undefined ? "-" : `${DateTime.formatIso(at).slice(0, 19).replace("T", " ")}Z`
