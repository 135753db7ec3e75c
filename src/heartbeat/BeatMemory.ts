import * as Context from "effect/Context"
import type * as DateTime from "effect/DateTime"
import * as Layer from "effect/Layer"
import * as Ref from "effect/Ref"
import type { CommandId, Sha256 } from "../domain/Identifiers.ts"

/** What one beat leaves for the next, and for the status page. Lost on restart without harm. */
export interface Remembered {
  /** Digest of the host facts the server has seen. */
  readonly factsSent?: Sha256
  readonly nextBeatAt?: DateTime.Utc
  /** Server time minus ours. */
  readonly clockSkewSeconds?: number
  /** What the server asked for at the last beat. */
  readonly askedSeconds?: number
  /** The server refused a beat for the results in it: each goes alone until that one is found. */
  readonly resultsAlone?: boolean
  /** How many times in a row the server refused a result that went alone. */
  readonly refused?: { readonly commandId: CommandId; readonly times: number }
}

export class BeatMemory extends Context.Service<BeatMemory, Ref.Ref<Remembered>>()(
  "patchctl/heartbeat/BeatMemory",
) {
  static readonly layer = Layer.effect(BeatMemory, Ref.make<Remembered>({}))
}
