import * as Context from "effect/Context"
import type * as Effect from "effect/Effect"
import type { RefreshPolicy } from "../domain/Command.ts"
import type { PartialReason } from "../domain/Scan.ts"
import type { CollectedManager } from "../protocol/ExecutorMessages.ts"

/** What a scan rests on, and why it may not be everything beyond what each manager says of itself. */
export interface Collected {
  readonly managers: ReadonlyArray<CollectedManager>
  readonly reasons: ReadonlyArray<PartialReason>
}

/** Asks every package manager of this host what is installed and what is offered, after a refresh. Never fails. */
export class Collector extends Context.Service<
  Collector,
  {
    readonly collect: (refresh: RefreshPolicy) => Effect.Effect<Collected>
  }
>()("patchctl/scan/Collector") {}
