import * as Struct from "effect/Struct"
import type { UpdateOutcome } from "../domain/UpdateAttempt.ts"
import type { UpdateState } from "./UpdateState.ts"

/** How an attempt ended, and what is to be remembered beside that. */
export interface Conclusion {
  readonly outcome: UpdateOutcome
  readonly detail: string
  readonly state: UpdateState
}

/** The same without an update on its way. */
export const settled = (state: UpdateState): UpdateState => Struct.omit(state, ["step"])
