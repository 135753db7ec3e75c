import * as Context from "effect/Context"
import type * as DateTime from "effect/DateTime"
import * as Layer from "effect/Layer"
import * as Ref from "effect/Ref"
import type { Sha256 } from "../domain/Identifiers.ts"

/** What one beat leaves for the next, and for the status page. Lost on restart without harm. */
export interface Remembered {
  /** Digest of the host facts the server has seen. */
  readonly factsSent?: Sha256
  readonly nextBeatAt?: DateTime.Utc
  /** Server time minus ours. */
  readonly clockSkewSeconds?: number
  /** What the server asked for at the last beat. */
  readonly askedSeconds?: number
}

export class BeatMemory extends Context.Service<BeatMemory, Ref.Ref<Remembered>>()(
  "patchctl/heartbeat/BeatMemory",
) {
  static readonly layer = Layer.effect(BeatMemory, Ref.make<Remembered>({}))
}
