import * as Context from "effect/Context"
import type * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import type { CommandResult, RefreshPolicy } from "../domain/Command.ts"
import type { CollectedManager } from "../protocol/ExecutorMessages.ts"
import type { TrustAnchor } from "../protocol/TrustAnchor.ts"

/** The executor gave no answer. Nothing is lost: whoever asked asks again later. */
export class ExecutorUnavailable extends Schema.TaggedError<ExecutorUnavailable>()("ExecutorUnavailable", {
  detail: Schema.String,
  cause: Schema.optionalKey(Schema.Defect()),
}) {
  override get message() {
    return `the executor gave no answer: ${this.detail}`
  }
}

/** The executor does not take these keys, or this agent id, now or later. */
export class KeysRefused extends Schema.TaggedError<KeysRefused>()("KeysRefused", {
  detail: Schema.String,
}) {
  override get message() {
    return this.detail
  }
}

/** The way to the side that has root. It believes nothing of what it is told here. */
export class ExecutorClient extends Context.Service<
  ExecutorClient,
  {
    /** One envelope in, progress and the one result out. */
    readonly execute: (
      envelope: string,
      report: (step: string) => Effect.Effect<void>,
    ) => Effect.Effect<CommandResult, ExecutorUnavailable>
    /** What every package manager of this host has, as root sees it. */
    readonly collect: (
      refresh: RefreshPolicy,
    ) => Effect.Effect<ReadonlyArray<CollectedManager>, ExecutorUnavailable>
    /** Pins what a first enrolment presented; afterwards only the same is accepted. */
    readonly pin: (anchor: TrustAnchor) => Effect.Effect<void, ExecutorUnavailable | KeysRefused>
    /** Puts the keys of a rotation statement in place of those that are pinned. */
    readonly rotate: (statement: string) => Effect.Effect<void, ExecutorUnavailable | KeysRefused>
    /** Puts the agent id of a renaming statement in place of the one that is pinned. */
    readonly rename: (statement: string) => Effect.Effect<void, ExecutorUnavailable | KeysRefused>
  }
>()("patchctl/command/ExecutorClient") {}
