import * as Effect from "effect/Effect"
import type { Wanted } from "../applyPlan.ts"
import type { NamingTrial } from "../largestPossible.ts"
import { ManagerError } from "../PackageManager.ts"
import { sameArchitecture } from "../packageOutcomes.ts"
import type { ReadDependencies } from "../preflight.ts"
import type { Objection } from "../updateSelection.ts"
import { askZypper, isWhole } from "./askZypper.ts"
import { finalInstallPlan, installPlan, type Scope } from "./zypperCommands.ts"
import { objectionOf, suspectsOf } from "./zypperProblems.ts"
import { parseSummary, type Summary } from "./zypperSummary.ts"

/** What a trial is made on. */
export interface Ground {
  readonly scope: Scope
  /** Names of packages that are installed for several architectures. */
  readonly severalArchitectures: ReadonlySet<string>
  /** By the names of packages to come, those that go without leave because these take their place. */
  readonly obsoletes: ReadonlyMap<string, ReadonlyArray<string>>
}

/** Names that are installed for more than one architecture, such as libraries for 32 bit programs. */
export const severalArchitectures = (
  rows: ReadonlyArray<{ readonly name: string; readonly architecture: string }>,
): ReadonlySet<string> => {
  const first = new Map<string, string>()
  const several = new Set<string>()
  for (const { name, architecture } of rows) {
    const other = first.get(name)
    if (other === undefined) first.set(name, architecture)
    else if (other !== architecture) several.add(name)
  }
  return several
}

const isReached = (summary: Summary, { name, architecture, to }: Wanted["targets"][number]) =>
  [...summary.upgrades, ...summary.installs].some(
    (row) =>
      row.name === name &&
      row.version === to &&
      (sameArchitecture(row.architecture, architecture) ||
        (row.from !== undefined && row.from.architecture === architecture)),
  )

/** Packages that would go and that nothing takes the place of. */
const lossesOf = ({ installs, removals }: Summary, { obsoletes }: Ground) =>
  removals.filter(({ name }) => !installs.some((row) => obsoletes.get(row.name)?.includes(name) === true))

/** What of a plan is not what was asked for. */
const whatIsAmiss = (summary: Summary, { targets }: Wanted): string | undefined => {
  const [other] = summary.others
  if (other !== undefined) return `it would put ${other.name} back to ${other.version}`
  const missed = targets.find((target) => !isReached(summary, target))
  return missed === undefined ? undefined : `zypper does not install ${missed.name} ${missed.to}`
}

/**
 * Asks zypper what installing exactly these packages would do. Not possible is what the solver refuses or does
 * otherwise, and what would take an older version of something. Fails when zypper cannot be asked, or its answer is
 * not understood to the last line: a plan must be known completely.
 */
export const tryInstall = Effect.fnUntraced(function* <T extends Wanted["targets"][number]>(
  dependencies: Pick<ReadDependencies, "subprocess">,
  operation: "updates" | "plan" | "apply",
  ground: Ground,
  wanted: Wanted & { readonly targets: ReadonlyArray<T> },
): Effect.fn.Return<NamingTrial<T, Summary, Objection>, ManagerError> {
  const { scope, severalArchitectures: several } = ground
  const request =
    operation === "apply" ? finalInstallPlan(scope, wanted, several) : installPlan(scope, wanted, several)
  const answer = yield* askZypper(dependencies, operation, request)
  const summary = parseSummary(answer.stream)
  if (!answer.solved) {
    return {
      possible: false,
      objection: objectionOf(answer.stream, answer.result),
      suspects: suspectsOf(answer.stream, wanted.targets),
    }
  }
  if (summary === undefined || summary.notUnderstood > 0 || !isWhole(answer)) {
    const detail = "zypper install --dry-run gives no plan that can be read to its end"
    return yield* new ManagerError({ manager: "zypper", operation, reason: "output_not_understood", detail })
  }
  const amiss = whatIsAmiss(summary, wanted)
  if (amiss !== undefined) return { possible: false, objection: { reason: "conflict", detail: amiss } }
  const losses = lossesOf(summary, ground)
  if (!wanted.allowRemovals && losses.length > 0) {
    const names = losses.map(({ name }) => name).join(", ")
    return { possible: false, objection: { reason: "needs_removal", detail: `it would remove ${names}` } }
  }
  return { possible: true, answer: summary }
})
