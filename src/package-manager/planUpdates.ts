import * as Effect from "effect/Effect"
import type { InstallUpdates } from "../domain/Command.ts"
import type { InstallPlan, LeftOut, PlannedInstall, PlannedRemoval } from "../domain/InstallPlan.ts"
import { planDigest } from "../domain/snapshot.ts"
import type { Origin } from "../domain/Update.ts"
import { largestPossible, type NamingTrial } from "./largestPossible.ts"
import type { ManagerError } from "./PackageManager.ts"
import {
  chooseTargets,
  globMatches,
  leaveTarget,
  type Known,
  type Objection,
  type Target,
} from "./updateSelection.ts"

/** One package that a manager would install or remove. */
export type Install = Omit<PlannedInstall, "manager" | "origins" | "role">
export type Removal = Omit<PlannedRemoval, "manager">

/** All that a manager says it would do. */
export interface Changes {
  readonly installs: ReadonlyArray<Install>
  readonly removals: ReadonlyArray<Removal>
}

/** What a manager knows about its changes beyond their names and versions. */
export interface Consequences {
  readonly originsOf: (install: Install) => ReadonlyArray<Origin>
  readonly downloadBytes: number
  readonly installedSizeChangeBytes?: number
  readonly rebootExpected: InstallPlan["rebootExpected"]
}

/** How one manager finds out what an installation would do. */
export interface Planner {
  readonly known: Known
  /** Why the manager refuses to plan anything at all now, in its words; undefined when it does not. */
  readonly refusal: string | undefined
  /** Acts out the installation of exactly these, or says why it cannot be. Changes nothing. */
  readonly attempt: (
    targets: ReadonlyArray<Target>,
    allowRemovals: boolean,
  ) => Effect.Effect<NamingTrial<Target, Changes, Objection>, ManagerError>
  /** Asked only where the command has `min_age_hours`: why some of these are too young for it. */
  readonly youth: (
    rows: ReadonlyArray<Pick<Install, "name" | "architecture" | "to">>,
    minimumHours: number,
  ) => Effect.Effect<
    (row: Pick<Install, "name" | "architecture" | "to">) => Objection | undefined,
    ManagerError
  >
  /** Asked once, for a plan that installs something. */
  readonly consequences: (
    changes: Changes,
    wanted: { readonly targets: ReadonlyArray<Target>; readonly allowRemovals: boolean },
  ) => Effect.Effect<Consequences, ManagerError>
}

/** Each costs one run of the manager's solver. Enough to find six culprits among a thousand targets. */
const mostTrials = 120

const byName = <T extends { readonly name: string; readonly architecture?: string }>(a: T, b: T) =>
  `${a.name}:${a.architecture ?? ""}` < `${b.name}:${b.architecture ?? ""}` ? -1 : 1

/**
 * What the command forbids, also to what would be installed or removed along with the targets. `exclude` keeps its
 * word about dependencies too.
 */
const objections = (
  request: InstallUpdates,
  matched: Set<string>,
  youth: (rows: Changes["installs"]) => ReturnType<Planner["youth"]>,
) =>
  Effect.fnUntraced(function* (changes: Changes): Effect.fn.Return<Objection | undefined, ManagerError> {
    for (const { name } of [...changes.installs, ...changes.removals]) {
      const glob = request.exclude?.find((pattern) => globMatches(pattern, name))
      if (glob !== undefined) {
        matched.add(glob)
        return { reason: "excluded_by_policy", detail: `it would change ${name}, which matches ${glob}` }
      }
    }
    const young = yield* youth(changes.installs)
    for (const install of changes.installs) {
      const found = young(install)
      if (found !== undefined) return { ...found, detail: `${install.name} ${install.to}: ${found.detail}` }
    }
    return undefined
  })

/** Patterns that fit nothing which is installed or offered, and kept nothing out. */
const unmatched = (
  request: InstallUpdates,
  matched: ReadonlySet<string>,
  names: ReadonlyArray<string>,
): ReadonlyArray<string> =>
  (request.exclude ?? []).filter(
    (glob) => !matched.has(glob) && !names.some((name) => globMatches(glob, name)),
  )

/**
 * The plan for a command, by trial: the selection becomes exact versions; what the manager refuses, what the command
 * excludes and what is too young is left out with its reason; the rest is what the manager says it would do, which
 * `apply` repeats word for word. A manager that refuses to plan anything leaves all out as `blocked_by_manager`.
 */
export const planUpdates = Effect.fnUntraced(function* (
  request: InstallUpdates,
  { known, refusal, attempt, youth, consequences }: Planner,
): Effect.fn.Return<InstallPlan, ManagerError> {
  const { manager, installed, updates } = known
  const hours = request.min_age_hours ?? 0
  const youthOf = (rows: Parameters<Planner["youth"]>[0]) =>
    hours === 0 ? Effect.succeed(() => undefined) : youth(rows, hours)
  const chosen = chooseTargets(request, known)
  const young = yield* youthOf(chosen.targets)
  const tooYoung = chosen.targets.flatMap((member) => {
    const objection = young(member)
    return objection === undefined ? [] : [{ member, objection }]
  })
  const oldEnough = chosen.targets.filter((target) => young(target) === undefined)

  const allowRemovals = request.allow_removals ?? false
  const matched = new Set<string>()
  const objectionTo = objections(request, matched, youthOf)
  const settled =
    refusal === undefined
      ? yield* largestPossible(oldEnough, mostTrials, (targets) =>
          Effect.gen(function* (): Effect.fn.Return<NamingTrial<Target, Changes, Objection>, ManagerError> {
            const trial = yield* attempt(targets, allowRemovals)
            const objection = trial.possible ? yield* objectionTo(trial.answer) : undefined
            return objection === undefined ? trial : { possible: false, objection }
          }),
        )
      : { members: [], dropped: [], untried: oldEnough }
  const changes: Changes = settled.answer ?? { installs: [], removals: [] }
  const isEmpty = changes.installs.length === 0
  const facts: Consequences = isEmpty
    ? { originsOf: () => [], downloadBytes: 0, installedSizeChangeBytes: 0, rebootExpected: "no" }
    : yield* consequences(changes, { targets: settled.members, allowRemovals })
  const isRequested = (row: Install) =>
    settled.members.some(({ name, to }) => name === row.name && to === row.to)
  const installs = changes.installs
    .map((row): PlannedInstall => ({
      manager,
      name: row.name,
      architecture: row.architecture,
      ...(row.from === undefined ? {} : { from: row.from }),
      to: row.to,
      origins: facts.originsOf(row),
      role: isRequested(row) ? "requested" : "dependency",
    }))
    .toSorted(byName)
  const removals = changes.removals
    .map(({ name, architecture, from }): PlannedRemoval => ({ manager, name, architecture, from }))
    .toSorted(byName)
  const leftOut: ReadonlyArray<LeftOut> = [
    ...chosen.leftOut,
    ...[...tooYoung, ...settled.dropped].map(({ member, objection }) =>
      leaveTarget(manager, member, objection.reason, objection.detail),
    ),
    ...settled.untried.map((target) =>
      leaveTarget(
        manager,
        target,
        "blocked_by_manager",
        refusal ?? `not tried: ${manager} refused too many of the others`,
      ),
    ),
  ]
  const { installedSizeChangeBytes } = facts
  return {
    installs,
    removals,
    leftOut: leftOut.toSorted((a, b) => (a.name < b.name ? -1 : 1)),
    unmatchedExcludes: unmatched(
      request,
      matched,
      [...installed, ...updates, ...installs].map(({ name }) => name),
    ),
    downloadBytes: facts.downloadBytes,
    ...(installedSizeChangeBytes === undefined ? {} : { installedSizeChangeBytes }),
    rebootExpected: facts.rebootExpected,
    digest: planDigest({ installs, removals }),
  }
})
