import * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import type { CommandOutput, CommandResult } from "../domain/Command.ts"
import { CommandId } from "../domain/Identifiers.ts"
import type { InstallPlan, PackageOutcome } from "../domain/InstallPlan.ts"
import { Host } from "../host/Host.ts"
import { isAlive, processIdentity } from "../host/processIdentity.ts"
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
const transactionPatience = Duration.hours(6)

/**
 * How many seconds the second process was started after the first, if both are of one boot (`processIdentity`). The
 * kernel counts them from the boot on, so that no clock that jumps has a say in it.
 */
const secondsBetween = (first: string, second: string): number | undefined => {
  const [boot, , began] = first.split(":")
  const [otherBoot, , ended] = second.split(":")
  const seconds = (Number(ended) - Number(began)) / 100
  return boot === otherBoot && Number.isFinite(seconds) ? seconds : undefined
}

/** Whether the process was started after the executor; one that cannot be looked at may have been. */
const isYounger = Effect.fnUntraced(function* (pid: number | undefined, executor: string) {
  const holder = pid === undefined ? Option.none() : yield* processIdentity(pid)
  return Option.match(holder, {
    onNone: () => true,
    onSome: (identity) => (secondsBetween(executor, identity) ?? 0) >= 0,
  })
})

/**
 * Whether a transaction of this entry is still running, or an installer that goes from one to the next. They outlive the
 * executor that started them, but not the boot. A package manager may be waiting for a lock; who was there before the
 * command's executor was is none of its business. `age`: seconds from that executor's start to this one's.
 */
const isAtWork = Effect.fnUntraced(function* (
  { executor, isPlanned }: UnfinishedCommand,
  age: number | undefined,
  detected: ReadonlyArray<DetectedManager>,
) {
  if (!isPlanned || (age !== undefined && age > Duration.toSeconds(transactionPatience))) return false
  const leftBehind = yield* LeftBehind
  if (yield* leftBehind.isAtWork) return true
  if (age === undefined) return false
  const answers = yield* Effect.forEach(detected, ({ manager }) => Effect.option(manager.health))
  const holders = answers.flatMap(Option.toArray).flatMap(({ locks }) => locks)
  const suspects = yield* Effect.filter(holders, ({ pid }) => isYounger(pid, executor))
  return suspects.length > 0
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
  { id, name, startedAt, isPlanned, plan }: UnfinishedCommand,
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
    const what = isPlanned
      ? "; its plan cannot be read by this version of the agent, and may have been carried out in part"
      : name === "install_updates"
        ? "; nothing had been installed yet"
        : ""
    return yield* result(what)
  }
  const outcomes = yield* outcomesNow(plan.value, detected)
  const done = outcomes.filter(({ outcome }) => outcome === "installed" || outcome === "removed").length
  const planned = plan.value.installs.length + plan.value.removals.length
  const unknown = planned - outcomes.length
  const besides = unknown > 0 ? `, and of ${unknown} the package manager could not be asked` : ""
  return yield* result(`; ${done} of ${planned} planned changes are done${besides}`, {
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
const restarted = Effect.fnUntraced(function* (
  restart: AwaitedRestart,
  executor: string,
  age: number | undefined,
) {
  const host = yield* Host
  const init = yield* processIdentity(1)
  return judgeRestart(restart, {
    now: yield* DateTime.now,
    isInitNew: Option.exists(init, (identity) => (secondsBetween(executor, identity) ?? 0) > 0),
    mostSeconds: age,
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
 * `StillRunning` while there is none. `self`: the identity of this process, which is as old as its command. `isMine`:
 * whether it is still carrying this other one out.
 */
export const resolveUnfinished = Effect.fn("resolveUnfinished")(function* (
  self: string,
  isMine: (entry: UnfinishedCommand) => boolean | undefined,
) {
  const ledger = yield* Ledger
  const managers = yield* PackageManagers
  for (const entry of yield* ledger.unfinished) {
    const id = CommandId.make(entry.id)
    if (isMine(entry) ?? (yield* isAlive(entry.executor))) {
      return yield* new StillRunning({ id, what: "executor" })
    }
    const age = secondsBetween(entry.executor, self)
    if (Option.isSome(entry.restart)) {
      const result = yield* restarted(entry.restart.value, entry.executor, age)
      if (Option.isNone(result)) return yield* new StillRunning({ id, what: "restart" })
      yield* ledger.finish(result.value, entry.issuer)
      continue
    }
    const detected = yield* managers.detect
    if (yield* isAtWork(entry, age, detected)) return yield* new StillRunning({ id, what: "transaction" })
    yield* ledger.finish(yield* interrupted(entry, detected), entry.issuer)
  }
})
