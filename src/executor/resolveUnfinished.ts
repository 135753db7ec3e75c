import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import type { CommandOutput, CommandResult } from "../domain/Command.ts"
import { CommandId } from "../domain/Identifiers.ts"
import type { InstallPlan, PackageOutcome } from "../domain/InstallPlan.ts"
import { Host } from "../host/Host.ts"
import { isAlive } from "../host/processIdentity.ts"
import { outcomesOf } from "../package-manager/packageOutcomes.ts"
import { type DetectedManager, PackageManagers } from "../package-manager/PackageManagers.ts"
import { type AwaitedRestart, Ledger, type UnfinishedCommand } from "../store/Ledger.ts"
import { judgeRestart } from "./judgeRestart.ts"
import { LeftBehind } from "./LeftBehind.ts"

/**
 * A command is unfinished and something of it is still at work: its executor, which an earlier run of the agent
 * started, its package transaction, or the restart that it asked for. A refusal would be taken for the result of the
 * command that was asked for, this or another, so there is none: all wait for it.
 */
export class StillRunning extends Schema.TaggedError<StillRunning>()("StillRunning", {
  id: CommandId,
  what: Schema.Literals(["executor", "transaction", "restart"]),
}) {
  override get message() {
    const why = {
      executor: "is still being carried out by an executor that an earlier run of the agent started",
      transaction: "has lost its executor, but its package transaction is still at work",
      restart: "has asked for a restart of this host, which has not happened yet",
    }[this.what]
    return `${this.id} ${why}; commands wait for it`
  }
}

/** A lock that is held for longer is no longer waited for: the next installation will name its holder. */
const transactionPatience = { hours: 6 } as const

/** Reading clocks and starting processes take their time. */
const tickSeconds = 5

/**
 * Whether a transaction of this entry is still running, or an installer that goes from one to the next. They outlive the
 * executor that started them. A package manager may be waiting for a lock; who held that before the command began is
 * none of its business.
 */
const isAtWork = Effect.fnUntraced(function* (
  { startedAt, plan }: UnfinishedCommand,
  detected: ReadonlyArray<DetectedManager>,
) {
  const now = yield* DateTime.now
  if (Option.isNone(plan) || DateTime.isGreaterThan(now, DateTime.add(startedAt, transactionPatience))) {
    return false
  }
  const leftBehind = yield* LeftBehind
  if (yield* leftBehind.isAtWork) return true
  const age = (DateTime.toEpochMillis(now) - DateTime.toEpochMillis(startedAt)) / 1000
  const answers = yield* Effect.forEach(detected, ({ manager }) => Effect.option(manager.health))
  // A clock that was set back does not tell which was first.
  const isOfThis = (heldSeconds: number) => age < 0 || heldSeconds <= age + tickSeconds
  return answers
    .flatMap(Option.toArray)
    .flatMap(({ locks }) => locks)
    .some(({ heldSeconds }) => heldSeconds === undefined || isOfThis(heldSeconds))
})

/** What the databases say about each package of the plan now; of a manager that cannot be asked, nothing. */
const outcomesNow = (plan: InstallPlan, detected: ReadonlyArray<DetectedManager>) =>
  Effect.forEach(detected, ({ manager, state }) => {
    const part = {
      ...plan,
      installs: plan.installs.filter((row) => row.manager === state.id),
      removals: plan.removals.filter((row) => row.manager === state.id),
    }
    if (part.installs.length + part.removals.length === 0) return Effect.succeed([])
    return manager.inventory.pipe(
      Effect.map((rows) => outcomesOf(state.id, part, rows, false, new Map(), "")),
      Effect.orElseSucceed((): ReadonlyArray<PackageOutcome> => []),
    )
  }).pipe(Effect.map((outcomes) => outcomes.flat()))

/** The result of a command whose executor is dead and of which nothing is at work any more. */
const interrupted = Effect.fnUntraced(function* (
  { id, name, startedAt, plan }: UnfinishedCommand,
  detected: ReadonlyArray<DetectedManager>,
) {
  const host = yield* Host
  const ended = "the executor ended in the middle of this command: the host crashed, restarted, or killed it"
  const result = (detail: string, output?: CommandOutput): Effect.Effect<CommandResult> =>
    Effect.map(DateTime.now, (finishedAt) => ({
      commandId: CommandId.make(id),
      command: name,
      status: "interrupted",
      problem: {
        code: "interrupted",
        detail: `${ended}${detail}`,
        remedy: "run health_check, then queue the command again if it is still wanted",
      },
      startedAt,
      finishedAt,
      ...(output !== undefined && { output }),
    }))
  if (Option.isNone(plan)) {
    return yield* result(name === "install_updates" ? "; nothing had been installed yet" : "")
  }
  const outcomes = yield* outcomesNow(plan.value, detected)
  const done = outcomes.filter(({ outcome }) => outcome === "installed" || outcome === "removed").length
  const planned = plan.value.installs.length + plan.value.removals.length
  return yield* result(`; ${done} of ${planned} planned changes are done`, {
    command: "install_updates",
    report: {
      dryRun: false,
      plan: plan.value,
      preflight: [],
      outcomes,
      newConfigurationFiles: [],
      evidence: [],
      reboot: yield* host.reboot([]),
    },
  })
})

/** The result of a command that asked for a restart, once it is known what came of it. */
const restarted = Effect.fnUntraced(function* (restart: AwaitedRestart) {
  const host = yield* Host
  return judgeRestart(restart, {
    now: yield* DateTime.now,
    // A boot that cannot be told from the one before is taken for the same.
    bootId: yield* Effect.orElseSucceed(host.bootId, () => restart.bootId),
    kernelRelease: yield* host.facts.pipe(
      Effect.map(({ kernelRelease }) => kernelRelease),
      Effect.orElseSucceed(() => "unknown"),
    ),
    reboot: yield* host.reboot([]),
  })
})

/**
 * Gives every command that a dead executor left behind its final result, before anything new begins. Fails with
 * `StillRunning` while there is none. `isMine`: whether this very process is still carrying the command out.
 */
export const resolveUnfinished = Effect.fn("resolveUnfinished")(function* (
  isMine: (entry: UnfinishedCommand) => boolean | undefined,
) {
  const ledger = yield* Ledger
  const managers = yield* PackageManagers
  for (const entry of yield* ledger.unfinished) {
    const id = CommandId.make(entry.id)
    if (isMine(entry) ?? (yield* isAlive(entry.executor))) {
      return yield* new StillRunning({ id, what: "executor" })
    }
    if (Option.isSome(entry.restart)) {
      const result = yield* restarted(entry.restart.value)
      if (Option.isNone(result)) return yield* new StillRunning({ id, what: "restart" })
      yield* ledger.finish(result.value, entry.issuer)
      continue
    }
    const detected = yield* managers.detect
    if (yield* isAtWork(entry, detected)) return yield* new StillRunning({ id, what: "transaction" })
    yield* ledger.finish(yield* interrupted(entry, detected), entry.issuer)
  }
})
