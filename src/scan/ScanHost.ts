import * as Context from "effect/Context"
import type * as Effect from "effect/Effect"
import type { RefreshPolicy } from "../domain/Command.ts"
import type { RepositoryOutcome } from "../domain/Health.ts"
import type { Scan } from "../domain/Scan.ts"

/** A scan and what the metadata refresh before it did. */
export interface Examination {
  readonly scan: Scan
  readonly refreshed: boolean
  readonly repositories: ReadonlyArray<RepositoryOutcome>
}

/** Looks at this host's packages. Never fails: what could not be seen is a reason in `completeness`. */
export class ScanHost extends Context.Service<
  ScanHost,
  {
    readonly scan: (options: { readonly refresh: RefreshPolicy }) => Effect.Effect<Scan>
    readonly examine: (options: { readonly refresh: RefreshPolicy }) => Effect.Effect<Examination>
  }
>()("patchctl/scan/ScanHost") {}
