import * as Effect from "effect/Effect"
import type { InstalledPackage } from "../../domain/Package.ts"
import type { PartialReason } from "../../domain/Scan.ts"
import type { ManagerError } from "../PackageManager.ts"
import { notUnderstood } from "../partialReasons.ts"
import type { ReadDependencies } from "../preflight.ts"
import { askZypper, isWhole } from "./askZypper.ts"
import { searchFor } from "./collectVersions.ts"
import { dependentsOf, obsoletedBy, updatePlan, type Scope } from "./zypperCommands.ts"
import { parseObsoletes } from "./zypperInfo.ts"
import { problemIn } from "./zypperProblems.ts"
import type { Repository } from "./zypperRepositories.ts"
import { parseSummary } from "./zypperSummary.ts"
import { keyOf, newNames, plannedUpdates, replacements, type Newer } from "./zypperUpdates.ts"

/** What zypper would do by itself. */
export interface SolverPlan {
  /** By `keyOf`; undefined when zypper makes no plan. */
  readonly planned?: ReadonlyMap<string, Newer>
  /** Why there is no plan. */
  readonly refusal?: string
  /** `name-version` of what requires a package that is not installed yet. */
  readonly needNewPackages: ReadonlySet<string>
  /** Names of installed packages whose place another one would take. */
  readonly replaced: ReadonlySet<string>
  readonly reasons: ReadonlyArray<PartialReason>
}

/** Which packages each of these takes the place of: names by name. */
export const collectObsoletes = Effect.fnUntraced(function* (
  dependencies: Pick<ReadDependencies, "subprocess">,
  operation: string,
  scope: Scope,
  names: ReadonlyArray<string>,
): Effect.fn.Return<ReadonlyMap<string, ReadonlyArray<string>>, ManagerError> {
  if (names.length === 0) return new Map()
  const { stream } = yield* askZypper(dependencies, operation, obsoletedBy(scope, names))
  return parseObsoletes(stream)
})

const without = (refusal: string, reasons: ReadonlyArray<PartialReason>): SolverPlan => {
  const detail = `zypper cannot plan updates: ${refusal}`
  return {
    refusal,
    needNewPackages: new Set(),
    replaced: new Set(),
    reasons: [...reasons, { manager: "zypper", code: "collector_failed", detail }],
  }
}

/** The plan for an update of everything, and what it takes that a look at the single updates does not show. */
export const collectSolverPlan = Effect.fnUntraced(function* (
  dependencies: ReadDependencies,
  scope: Scope,
  repositories: ReadonlyArray<Repository>,
  installed: ReadonlyArray<InstalledPackage>,
): Effect.fn.Return<SolverPlan, ManagerError> {
  const answer = yield* askZypper(dependencies, "updates", updatePlan(scope))
  const { stream, result } = answer
  const summary = parseSummary(stream)
  if (!answer.solved || summary === undefined) return without(problemIn(stream, result), answer.reasons)
  // Whatever is missing at its end would be taken for what zypper keeps back.
  if (!isWhole(answer)) return without("its plan breaks off", answer.reasons)

  const fresh = newNames(summary, installed)
  const obsoletes = yield* collectObsoletes(
    dependencies,
    "updates",
    scope,
    summary.removals.length === 0 ? [] : fresh,
  )
  const replacing = replacements(summary, obsoletes)
  const needed = fresh.filter((name) => !replacing.some((row) => row.name === name))
  const dependents =
    needed.length === 0
      ? { offered: [], reasons: [] }
      : yield* searchFor(dependencies, "updates", repositories, dependentsOf(scope, needed))
  return {
    planned: new Map([...plannedUpdates(summary, installed), ...replacing].map((row) => [keyOf(row), row])),
    needNewPackages: new Set(dependents.offered.map(({ name, version }) => `${name}-${version}`)),
    replaced: new Set(replacing.map(({ replaces }) => replaces)),
    reasons: [
      ...answer.reasons,
      ...notUnderstood("zypper", "zypper update --dry-run", summary.notUnderstood),
      ...dependents.reasons,
    ],
  }
})
