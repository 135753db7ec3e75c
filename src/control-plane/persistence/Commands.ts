import * as Context from "effect/Context"
import type * as DateTime from "effect/DateTime"
import type * as Effect from "effect/Effect"
import type * as Option from "effect/Option"
import type { CommandResult } from "../../domain/Command.ts"
import type { AgentId, CommandId } from "../../domain/Identifiers.ts"
import type { CommandRecord } from "../../protocol/OperatorApi.ts"
import type { PersistenceError } from "./PersistenceError.ts"

/** A signed command on its way into the queue. */
export interface QueuedCommand extends Omit<CommandRecord, "state" | "result"> {
  readonly envelope: string
}

/** Most results kept per agent that belong to no command of that agent. */
export const strayResultLimit = 100

/** Every command and what became of it. */
export class Commands extends Context.Service<
  Commands,
  {
    /** The next counter for this agent; never given twice, and lost when nothing is queued under it. */
    readonly reserveSeq: (agentId: AgentId) => Effect.Effect<number, PersistenceError>
    readonly add: (command: QueuedCommand) => Effect.Effect<void, PersistenceError>
    /**
     * Envelopes without a result that have not expired, in `seq` order, at most `limitBytes` together but always
     * one if there is one, and at most 100. They count as delivered from now on.
     */
    readonly deliver: (
      agentId: AgentId,
      limitBytes: number,
      at: DateTime.Utc,
    ) => Effect.Effect<ReadonlyArray<string>, PersistenceError>
    /**
     * Stores results; the first for a command stands. One for a command that is not this agent's is kept aside,
     * at most `strayResultLimit` per agent, and touches no command. All may be acknowledged afterwards.
     */
    readonly settle: (
      agentId: AgentId,
      results: ReadonlyArray<CommandResult>,
      at: DateTime.Utc,
    ) => Effect.Effect<void, PersistenceError>
    /** Newest first. */
    readonly list: (
      agentId: AgentId,
      at: DateTime.Utc,
    ) => Effect.Effect<ReadonlyArray<CommandRecord>, PersistenceError>
    readonly find: (
      organization: string,
      commandId: CommandId,
      at: DateTime.Utc,
    ) => Effect.Effect<Option.Option<CommandRecord>, PersistenceError>
    /** Results kept aside for this agent, oldest first. */
    readonly strays: (agentId: AgentId) => Effect.Effect<ReadonlyArray<CommandResult>, PersistenceError>
  }
>()("patchctl/control-plane/persistence/Commands") {}
