import * as Effect from "effect/Effect"
import type { PartialReason } from "../../domain/Scan.ts"
import { lastWords } from "../outputText.ts"
import type { ManagerError } from "../PackageManager.ts"
import { cutShort, notUnderstood } from "../partialReasons.ts"
import { formatNevra } from "../rpm/nevra.ts"
import { requirers, upgradeTable } from "./dnfCommands.ts"
import type { DnfDialect, DnfReadDependencies } from "./dnfDialect.ts"
import { simulateUpgrade } from "./dnfInstall.ts"
import { parseOffers } from "./dnfOffers.ts"
import { ask } from "./dnfRead.ts"
import { parseTransactionTable, type TransactionTable } from "./dnfTransactionTable.ts"
import type { Forced } from "./dnfUpdates.ts"
import { parseYumConflicts, type YumConflict } from "./yumConflicts.ts"

export interface PlannedUpgrade {
  readonly table: TransactionTable
  readonly refusal?: string
  /** Told by yum alone. */
  readonly conflicts: ReadonlyArray<YumConflict>
  readonly reasons: ReadonlyArray<PartialReason>
}

const hasRows = ({ installs, removals, skipped }: TransactionTable) =>
  installs.length + removals.length + skipped.length > 0

/** What a general upgrade would do. dnf exits with 1 because nobody says yes, as it does when it cannot plan. */
export const planUpgrade = Effect.fnUntraced(function* (
  dependencies: DnfReadDependencies,
  dialect: DnfDialect,
): Effect.fn.Return<PlannedUpgrade, ManagerError> {
  const result = yield* ask(dependencies, dialect, "updates", upgradeTable(dialect))
  const table = parseTransactionTable(result.stdout)
  const what = `${dialect.program} --assumeno upgrade`
  const reasons = [
    ...notUnderstood("dnf", what, table.notUnderstood),
    ...cutShort("dnf", what, result.truncated),
  ]
  const conflicts = parseYumConflicts(result.stdout)
  if (hasRows(table) || result.exitCode === 0) return { table, conflicts, reasons }
  const refusal = lastWords(result)
  const detail = `dnf cannot plan updates: ${refusal}`
  return {
    table,
    refusal,
    conflicts,
    reasons: [...reasons, { manager: "dnf", code: "collector_failed", detail }],
  }
})

/** Each costs a run of the solver; beyond this many the rest are called impossible, as most of them are. */
const mostTrials = 8

const costly: ReadonlySet<Forced> = new Set(["with removals", "impossible"])

/**
 * What becomes of these when dnf is told to install their newest versions at the cost of others: all together, and
 * each alone if that cannot be, because one that is impossible makes dnf refuse them all, or if packages would go, to
 * see for the sake of which.
 */
export const forceUpgrades = Effect.fnUntraced(function* (
  dependencies: DnfReadDependencies,
  dialect: DnfDialect,
  names: ReadonlyArray<string>,
): Effect.fn.Return<ReadonlyMap<string, Forced>, ManagerError> {
  const attempt = Effect.fnUntraced(function* (group: ReadonlyArray<string>) {
    const result = yield* ask(
      dependencies,
      dialect,
      "updates",
      simulateUpgrade(dialect, { specs: group, allowRemovals: true }),
    )
    const table = parseTransactionTable(result.stdout)
    const removes = table.removals.some(({ replacedBy }) => replacedBy === undefined)
    const verdict = (name: string): Forced => {
      if (!hasRows(table) && result.exitCode !== 0) return "impossible"
      if (!table.installs.some((row) => row.name === name)) return "not considered"
      return removes ? "with removals" : "possible"
    }
    return new Map(group.map((name) => [name, verdict(name)]))
  })
  if (names.length === 0 || dialect.kind === "yum3") return new Map()
  const together = yield* attempt(names)
  const isSettled = names.length === 1 || [...together.values()].every((forced) => !costly.has(forced))
  if (isSettled) return together
  const alone = yield* Effect.forEach(names.slice(0, mostTrials), (name) => attempt([name]))
  return new Map(alone.flatMap((found) => [...found]))
})

/** Which of the packages of the table need one of these directly, by name. yum has no such question. */
export const needingNew = Effect.fnUntraced(function* (
  dependencies: DnfReadDependencies,
  dialect: DnfDialect,
  { installs }: TransactionTable,
  newNames: ReadonlyArray<string>,
): Effect.fn.Return<ReadonlySet<string>, ManagerError> {
  if (newNames.length === 0 || dialect.kind === "yum3") return new Set()
  const result = yield* ask(dependencies, dialect, "updates", requirers(dialect, newNames))
  const needing = new Set(parseOffers(result.stdout).offers.map(formatNevra))
  return new Set(installs.filter((row) => needing.has(formatNevra(row))).map(({ name }) => name))
})
