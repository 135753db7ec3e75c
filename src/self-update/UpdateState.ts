import * as Schema from "effect/Schema"
import { ReleaseVersion } from "../domain/Release.ts"
import { UpdateAttempt } from "../domain/UpdateAttempt.ts"

/**
 * How far an update has come, written down before each part of it. `switching`: the new executable is about to take the
 * place of the old one, or has. `proving`: it was started and has to beat. `returning`: it has not, and goes.
 */
export const UpdateStep = Schema.Struct({
  name: Schema.Literals(["switching", "proving", "returning"]),
  from: ReleaseVersion,
  to: ReleaseVersion,
  /** How often it was given the time to prove itself: a host that loses power each time must not try for ever. */
  attempts: Schema.Int,
  /** With `returning`: why. */
  reason: Schema.optionalKey(Schema.String),
})
export type UpdateStep = typeof UpdateStep.Type

/** `/opt/patchctl/update/state.json`. */
export const UpdateState = Schema.Struct({
  /** Absent while no update is on its way. */
  step: Schema.optionalKey(UpdateStep),
  /** The highest version that did not work here: neither it nor a lower one is tried again. */
  failed: Schema.optionalKey(ReleaseVersion),
  /** Downloads of a version that came damaged, in a row. */
  damaged: Schema.optionalKey(
    Schema.Struct({ version: ReleaseVersion, downloads: Schema.Int, last: Schema.DateTimeUtcFromString }),
  ),
  last: Schema.optionalKey(UpdateAttempt),
})
export type UpdateState = typeof UpdateState.Type

export const noUpdateYet: UpdateState = {}
