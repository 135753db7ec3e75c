import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import { Architecture, PackageName, PackageVersion } from "../../domain/Package.ts"
import { largestPossible } from "../largestPossible.ts"
import type { ManagerError } from "../PackageManager.ts"
import type { ReadDependencies } from "../preflight.ts"
import type { Objection, Target } from "../updateSelection.ts"
import type { Repository } from "./zypperRepositories.ts"
import type { Summary } from "./zypperSummary.ts"
import { tryInstall, type Ground } from "./zypperTrial.ts"
import { keyOf, type Newer } from "./zypperUpdates.ts"

/** Each costs one run of the solver; enough to find three culprits among a hundred. */
const mostTrials = 24

/** As many as a command line can name without fear; where more are kept back, the rest goes unexplained. */
const mostNamed = 500

const decodeTarget = Schema.decodeUnknownOption(
  Schema.Struct({
    name: PackageName,
    architecture: Architecture,
    from: PackageVersion,
    to: PackageVersion,
  }),
)

/** Why zypper does not do by itself what it would do when asked for it by name. */
const unasked = (
  { name, repository }: Newer,
  summary: Summary | undefined,
  repositories: ReadonlyArray<Repository>,
): Objection => {
  if (summary?.newVendors.has(name) === true) {
    return {
      reason: "pinned",
      detail: "it is another vendor's, and zypper keeps to the vendor of what is installed",
    }
  }
  const own = repositories.find(({ alias }) => alias === repository)
  const best = repositories.toSorted((a, b) => a.priority - b.priority)[0]
  return own !== undefined && best !== undefined && own.priority > best.priority
    ? { reason: "pinned", detail: `repositories of a higher priority than ${own.alias} come first` }
    : { reason: "conflict", detail: "zypper prefers other updates, which exclude it" }
}

/**
 * What stands in the way of updates that zypper leaves out of its plan. It says so only when it is asked for them by
 * name: for all of them at once, and where that has no solution, for fewer and fewer.
 */
export const collectKeptBack = Effect.fnUntraced(function* (
  dependencies: Pick<ReadDependencies, "subprocess">,
  ground: Ground,
  repositories: ReadonlyArray<Repository>,
  left: ReadonlyArray<Newer>,
): Effect.fn.Return<ReadonlyMap<string, Objection>, ManagerError> {
  if (left.length === 0) return new Map()
  const targets = left
    .slice(0, mostNamed)
    .flatMap((row): ReadonlyArray<Target> => Option.toArray(decodeTarget(row)))
  const settled = yield* largestPossible(targets, mostTrials, (members) =>
    tryInstall(dependencies, "updates", ground, { targets: members, allowRemovals: false }),
  )
  const willing = new Set(settled.members.map(keyOf))
  const objections = new Map<string, Objection>()
  for (const row of left) {
    if (willing.has(keyOf(row))) objections.set(keyOf(row), unasked(row, settled.answer, repositories))
  }
  for (const { member, objection } of settled.dropped) objections.set(keyOf(member), objection)
  return objections
})
