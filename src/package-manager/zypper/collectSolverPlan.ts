import * as Effect from "effect/Effect"
import type { InstalledPackage } from "../../domain/Package.ts"
import type { PartialReason } from "../../domain/Scan.ts"
import type { ManagerError } from "../PackageManager.ts"
import { notUnderstood } from "../partialReasons.ts"
import type { ReadDependencies } from "../preflight.ts"
import { askZypper } from "./askZypper.ts"
import { searchFor } from "./collectVersions.ts"
import { dependentsOf, replacementsOf, updatePlan, type Scope } from "./zypperCommands.ts"
import { problemIn } from "./zypperProblems.ts"
import type { Repository } from "./zypperRepositories.ts"
import { parseSummary, type Summary } from "./zypperSummary.ts"
import { keyOf, newNames, plannedUpdates, type Newer } from "./zypperUpdates.ts"

/** What zypper would do by itself. */
export interface SolverPlan {
  /** By `keyOf`; undefined when zypper makes no plan. */
  readonly planned?: ReadonlyMap<string, Newer>
  /** Why there is no plan. */
  readonly refusal?: string
  /** `name-version` of what requires a package that is not installed yet. */
  readonly needNewPackages: ReadonlySet<string>
  /** Installed packages whose place another package would take, and that one's version. */
  readonly replaced: ReadonlyArray<Newer & { readonly by: string }>
  readonly reasons: ReadonlyArray<PartialReason>
}

/** Renamed packages come one or two at a time; more than this is a distribution being rebuilt. */
const mostReplaced = 16

const collectReplaced = Effect.fnUntraced(function* (
  dependencies: ReadDependencies,
  scope: Scope,
  repositories: ReadonlyArray<Repository>,
  { installs, removals }: Summary,
) {
  const replaced: Array<Newer & { readonly by: string }> = []
  const reasons: Array<PartialReason> = []
  for (const { name, architecture, version } of removals.slice(0, mostReplaced)) {
    const found = yield* searchFor(dependencies, "updates", repositories, replacementsOf(scope, name))
    reasons.push(...found.reasons)
    const by = installs.find((row) =>
      found.offered.some((offer) => offer.name === row.name && offer.version === row.version),
    )
    if (by === undefined) continue
    const [offer] = found.offered.filter((row) => row.name === by.name && row.version === by.version)
    replaced.push({
      name,
      architecture,
      from: version,
      to: by.version,
      by: by.name,
      ...(offer === undefined ? {} : { repository: offer.repository }),
    })
  }
  return { replaced, reasons }
})

/** The plan for an update of everything, and what it takes that a look at the single updates does not show. */
export const collectSolverPlan = Effect.fnUntraced(function* (
  dependencies: ReadDependencies,
  scope: Scope,
  repositories: ReadonlyArray<Repository>,
  installed: ReadonlyArray<InstalledPackage>,
): Effect.fn.Return<SolverPlan, ManagerError> {
  const answer = yield* askZypper(dependencies, "updates", updatePlan(scope))
  const summary = parseSummary(answer.stream)
  if (!answer.solved || summary === undefined) {
    const refusal = problemIn(answer.stream, answer.result)
    const detail = `zypper cannot plan updates: ${refusal}`
    const failed: PartialReason = { manager: "zypper", code: "collector_failed", detail }
    return {
      refusal,
      needNewPackages: new Set(),
      replaced: [],
      reasons: [...answer.reasons, failed],
    }
  }
  const fresh = newNames(summary, installed)
  const dependents =
    fresh.length === 0
      ? { offered: [], reasons: [] }
      : yield* searchFor(dependencies, "updates", repositories, dependentsOf(scope, fresh))
  const { replaced, reasons } = yield* collectReplaced(dependencies, scope, repositories, summary)
  return {
    planned: new Map(plannedUpdates(summary, installed).map((row) => [keyOf(row), row])),
    needNewPackages: new Set(dependents.offered.map(({ name, version }) => `${name}-${version}`)),
    replaced,
    reasons: [
      ...answer.reasons,
      ...notUnderstood("zypper", "zypper update --dry-run", summary.notUnderstood),
      ...dependents.reasons,
      ...reasons,
    ],
  }
})
