import * as Effect from "effect/Effect"
import type { InstalledPackage } from "../../domain/Package.ts"
import type { SubprocessResult } from "../../host/Subprocess.ts"
import type { NamingTrial } from "../largestPossible.ts"
import { shortened } from "../outputText.ts"
import { sameArchitecture } from "../packageOutcomes.ts"
import { ManagerError } from "../PackageManager.ts"
import type { Changes } from "../planUpdates.ts"
import type { Objection, Target } from "../updateSelection.ts"
import { changesOf, lossesOf } from "./dnfChanges.ts"
import { read } from "./dnfCommands.ts"
import type { DnfReadDependencies } from "./dnfDialect.ts"
import { exactSpec, simulateUpgrade, type Upgrade } from "./dnfInstall.ts"
import { ask, dnfFailure } from "./dnfRead.ts"
import { complaintOf, parseRefusal, type Refusal } from "./dnfRefusal.ts"
import { parseTransactionTable, type TransactionTable } from "./dnfTransactionTable.ts"
import { needingRemoval, parseYumConflicts } from "./yumConflicts.ts"

export interface Simulated {
  readonly table: TransactionTable
  readonly refusal: Refusal
  readonly result: SubprocessResult
}

type Operation = "plan" | "apply"

/** Asks dnf what an upgrade would do. Fails where the answer is not understood: a plan must be known completely. */
export const simulate = Effect.fnUntraced(function* (
  dependencies: DnfReadDependencies,
  operation: Operation,
  wanted: Upgrade,
): Effect.fn.Return<Simulated, ManagerError> {
  const dialect = yield* dependencies.dialect
  const result = yield* ask(dependencies, dialect, operation, simulateUpgrade(dialect, wanted))
  const table = parseTransactionTable(result.stdout)
  if (table.notUnderstood === 0 && !result.truncated) return { table, refusal: parseRefusal(result), result }
  const detail = `${table.notUnderstood} lines of ${dialect.program} --assumeno upgrade`
  return yield* new ManagerError({ manager: "dnf", operation, reason: "output_not_understood", detail })
})

/** The names of what a package obsoletes. */
const obsoletedBy = Effect.fnUntraced(function* (dependencies: DnfReadDependencies, target: Target) {
  const dialect = yield* dependencies.dialect
  if (dialect.kind === "yum3") return []
  const request = read(dialect, "--quiet", "repoquery", "--obsoletes", exactSpec(target))
  const { stdout } = yield* ask(dependencies, dialect, "plan", request)
  return [...stdout.matchAll(/^([^\s|]+)(?: [<=>]+ \S+)?$/gm)].map(([, name = ""]) => name)
})

/** Other words for targets that dnf does not find at their version: see `specsOf`. */
const otherSpecs = Effect.fnUntraced(function* (
  dependencies: DnfReadDependencies,
  target: Target,
  installed: ReadonlyArray<InstalledPackage>,
) {
  const has = (name: string) => installed.some((row) => row.name === name)
  if (has(target.name)) return [target.name]
  return (yield* obsoletedBy(dependencies, target)).filter(has)
})

const isReached = ({ name, architecture, to }: Target, { installs }: TransactionTable): boolean =>
  installs.some(
    (row) => row.name === name && row.version === to && sameArchitecture(row.architecture, architecture),
  )

const named = (rows: ReadonlyArray<{ readonly name: string }>): string =>
  rows.map(({ name }) => name).join(" ")

/** The problem that is about a target. */
const problemOf = ({ name, from, to }: Target, { problems }: Refusal): string | undefined =>
  problems.find((problem) => problem.includes(`${name}-${to}.`) || problem.includes(`${name}-${from}.`))

/** What speaks against a transaction that dnf would carry out; undefined when nothing does. */
const objectionTo = (table: TransactionTable, allowRemovals: boolean): Objection | undefined => {
  const losses = lossesOf(table)
  if (losses.length > 0 && !allowRemovals) {
    return { reason: "needs_removal", detail: shortened(`it would remove ${named(losses)}`) }
  }
  const older = table.installs.filter(({ action }) => action === "downgrade")
  if (older.length === 0) return undefined
  return { reason: "conflict", detail: shortened(`it would downgrade ${named(older)}`) }
}

/** Why a target cannot be reached: whether removals would help is seen by allowing them. */
const objectionToTarget = Effect.fnUntraced(function* (
  dependencies: DnfReadDependencies,
  target: Target,
  { specs, allowRemovals }: Upgrade,
  { refusal, result }: Simulated,
  installed: ReadonlyArray<InstalledPackage>,
): Effect.fn.Return<Objection, ManagerError> {
  const clash = needingRemoval(parseYumConflicts(result.stdout), installed).find(
    ({ nevra }) => nevra === exactSpec(target),
  )
  if (clash !== undefined) {
    const detail = `it excludes ${clash.excludes}, which yum removes only when told to by yum remove`
    return { reason: "needs_removal", detail: shortened(detail) }
  }
  if (!allowRemovals && refusal.mayErase) {
    const { table } = yield* simulate(dependencies, "plan", { specs, allowRemovals: true })
    const objection = isReached(target, table) ? objectionTo(table, false) : undefined
    if (objection !== undefined) return objection
  }
  const problem = problemOf(target, refusal) ?? refusal.problems[0]
  if (problem !== undefined) return { reason: "conflict", detail: shortened(problem) }
  if (refusal.unmatched.length > 0) {
    const detail = "dnf does not offer it: it is excluded, or its repository cannot be used"
    return { reason: "conflict", detail }
  }
  return { reason: "conflict", detail: `dnf keeps ${target.name} at ${target.from}: ${complaintOf(result)}` }
})

/**
 * Asks dnf what upgrading to exactly these would do. Not possible is what it refuses, what it silently leaves as it is,
 * and what would remove or downgrade packages; what another package obsoletes is replaced, as always. Fails
 * when dnf cannot plan anything, or answers in lines that are not understood.
 */
export const tryUpgrade = Effect.fnUntraced(function* (
  dependencies: DnfReadDependencies,
  installed: ReadonlyArray<InstalledPackage>,
  targets: ReadonlyArray<Target>,
  allowRemovals: boolean,
): Effect.fn.Return<NamingTrial<Target, Changes, Objection>, ManagerError> {
  let specs: ReadonlyArray<string> = targets.map(exactSpec)
  let answer = yield* simulate(dependencies, "plan", { specs, allowRemovals })
  const { unmatched } = answer.refusal
  if (unmatched.length > 0) {
    const words = yield* Effect.forEach(targets, (target) =>
      unmatched.includes(exactSpec(target))
        ? otherSpecs(dependencies, target, installed)
        : Effect.succeed([exactSpec(target)]),
    )
    specs = [...new Set(words.flat())]
    if (specs.length > 0) answer = yield* simulate(dependencies, "plan", { specs, allowRemovals })
  }
  const { table, refusal, result } = answer
  const missing = targets.filter((target) => !isReached(target, table))
  const isAnswer =
    table.installs.length > 0 ||
    refusal.isNothing ||
    refusal.problems.length > 0 ||
    refusal.unmatched.length > 0
  if (!isAnswer) return yield* dnfFailure("plan", result)
  if (missing.length > 0) {
    const suspects =
      table.installs.length > 0
        ? missing
        : targets.filter((target) => problemOf(target, refusal) !== undefined)
    // Only the objection to the last one is ever told: what is before it was possible.
    const last = targets.at(-1)
    const objection =
      last !== undefined && (suspects.length === 0 || suspects.includes(last))
        ? yield* objectionToTarget(dependencies, last, { specs, allowRemovals }, answer, installed)
        : ({ reason: "conflict", detail: complaintOf(result) } as const)
    return { possible: false, objection, suspects }
  }
  const objection = objectionTo(table, allowRemovals)
  return objection === undefined
    ? { possible: true, answer: changesOf(table, installed) }
    : { possible: false, objection }
})
