import type * as Effect from "effect/Effect"
import type * as FileSystem from "effect/FileSystem"
import type { ProgramCost } from "../measure/programCost.ts"
import type { Unit } from "./CorrelationReport.ts"

/** Another program that tells what vulnerabilities a host has. */
export interface Peer {
  /** Its name and version. */
  readonly who: string
  readonly unit: Unit
  /** What a host downloads for it. */
  readonly dataBytes: number
  /** One run, from start to end; the pairs are `CVE unit`. */
  readonly run: Effect.Effect<
    { readonly cost: ProgramCost; readonly pairs: ReadonlyArray<string> },
    { readonly message: string },
    FileSystem.FileSystem
  >
}
