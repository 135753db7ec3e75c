import * as Context from "effect/Context"
import type * as DateTime from "effect/DateTime"
import type * as Effect from "effect/Effect"
import type * as Option from "effect/Option"
import type { AgentId, Sha256 } from "../../domain/Identifiers.ts"
import type { Snapshot } from "../../domain/snapshot.ts"
import type { ScanSummary, ScanUpload } from "../../protocol/AgentMessages.ts"
import type { ServerScan } from "../../protocol/OperatorApi.ts"
import type { PersistenceError } from "./PersistenceError.ts"

/** How many scan summaries are kept per agent. */
export const scanHistoryLimit = 200

/** A scan as it was uploaded, without its rows. */
export type UploadedScan = Pick<ScanUpload, "summary" | "report" | "found">

/** The latest rows and findings of every agent, and the summaries of its last `scanHistoryLimit` scans. */
export class Scans extends Context.Service<
  Scans,
  {
    /** Digest of the rows held for this agent. */
    readonly heldDigest: (agentId: AgentId) => Effect.Effect<Option.Option<Sha256>, PersistenceError>
    /** The rows held for this agent, if they are those with this digest. */
    readonly heldSnapshot: (
      agentId: AgentId,
      digest: Sha256,
    ) => Effect.Effect<Option.Option<Snapshot>, PersistenceError>
    /**
     * Records a scan that found the rows already held. False when the held rows have another digest, or when neither
     * the upload nor what is held has the report and the findings it names.
     */
    readonly confirm: (
      agentId: AgentId,
      scan: UploadedScan,
      at: DateTime.Utc,
    ) => Effect.Effect<boolean, PersistenceError>
    /**
     * Records a scan with its rows; with `base`, only while the held rows have that digest. False as well where report
     * or findings are missing, as with `confirm`. A scan that comes again after a later one changes nothing.
     */
    readonly replace: (
      agentId: AgentId,
      base: Option.Option<Sha256>,
      scan: UploadedScan,
      rows: Snapshot,
      at: DateTime.Utc,
    ) => Effect.Effect<boolean, PersistenceError>
    readonly latest: (agentId: AgentId) => Effect.Effect<Option.Option<ServerScan>, PersistenceError>
    /** Newest first. */
    readonly history: (agentId: AgentId) => Effect.Effect<ReadonlyArray<ScanSummary>, PersistenceError>
  }
>()("patchctl/control-plane/persistence/Scans") {}
