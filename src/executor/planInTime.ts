import * as Arr from "effect/Array"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import type { InstallUpdates } from "../domain/Command.ts"
import type { InstallPlan, LeftOut, PlannedInstall, PreflightFault } from "../domain/InstallPlan.ts"
import type { ManagerId } from "../domain/Package.ts"
import type { ManagerError, Planned } from "../package-manager/PackageManager.ts"
import type { DetectedManager } from "../package-manager/PackageManagers.ts"
import { TransactionPace } from "./TransactionPace.ts"

/** What every transaction needs before its first package and after its last: locks, indexes, triggers. */
const allowanceSeconds = 30

/** How often a smaller plan is asked for: each asks the package manager, and the first usually fits. */
const mostTries = 5

type Pace = ReadonlyMap<ManagerId, number>

const secondsFor = (pace: Pace, rows: ReadonlyArray<{ readonly manager: ManagerId }>): number =>
  rows.reduce((sum, { manager }) => sum + (pace.get(manager) ?? 0), 0)

const secondsOf = (pace: Pace, { installs, removals }: InstallPlan): number =>
  secondsFor(pace, [...installs, ...removals])

/** As many from the front as can be done in this time. */
export const fittingIn = <Row extends { readonly manager: ManagerId }>(
  rows: ReadonlyArray<Row>,
  pace: Pace,
  seconds: number,
): ReadonlyArray<Row> => {
  let taken = 0
  const tooMuch = rows.findIndex(({ manager }) => {
    taken += pace.get(manager) ?? 0
    return taken > seconds
  })
  return tooMuch === -1 ? rows : rows.slice(0, tooMuch)
}

/** What was asked for, security updates first. */
const urgentFirst = Effect.fnUntraced(function* (
  detected: ReadonlyArray<DetectedManager>,
  request: InstallUpdates,
  plan: InstallPlan,
) {
  const requested = plan.installs.filter(({ role }) => role === "requested")
  if (request.selection.kind === "security") return requested
  const listings = yield* Effect.forEach(detected, ({ manager }) => manager.updates)
  const urgent = new Set(
    listings
      .flatMap(({ updates }) => updates)
      .filter(({ security }) => security.verdict === "yes")
      .map(({ manager, name }) => `${manager} ${name}`),
  )
  const isUrgent = ({ manager, name }: PlannedInstall) => urgent.has(`${manager} ${name}`)
  return [...requested.filter(isUrgent), ...requested.filter((row) => !isUrgent(row))]
})

const outOfTime = (detail: string): PreflightFault => ({
  code: "out_of_time",
  detail,
  remedy: "queue the command again with a later deadline, or for fewer packages",
})

/** The smaller plan with what the larger one said of everything else. */
const inPlaceOf = (large: InstallPlan, small: InstallPlan, detail: string): InstallPlan => {
  const taken = new Set(small.installs.map(({ manager, name }) => `${manager} ${name}`))
  const told = new Set(small.leftOut.map(({ manager, name }) => `${manager} ${name}`))
  const rest = large.installs.filter(
    ({ manager, name, role }) =>
      role === "requested" && !taken.has(`${manager} ${name}`) && !told.has(`${manager} ${name}`),
  )
  return {
    ...small,
    leftOut: [
      ...large.leftOut,
      ...small.leftOut,
      ...rest.map(({ manager, name, from, to }): LeftOut => ({
        manager,
        name,
        ...(from === undefined ? {} : { from }),
        wanted: to,
        reason: "out_of_time",
        detail,
      })),
    ],
    unmatchedExcludes: large.unmatchedExcludes,
  }
}

/**
 * The plan, or as much of it as can be done before the deadline, as long as packages take on this host: what was asked
 * for, security updates first, each with its dependencies. The rest is left out as `out_of_time`. Where nothing fits, or
 * exactly this plan was approved, that is a fault.
 */
export const planInTime = Effect.fn("planInTime")(function* (
  detected: ReadonlyArray<DetectedManager>,
  request: InstallUpdates,
  planned: Planned,
  planAll: (request: InstallUpdates) => Effect.Effect<Planned, ManagerError>,
) {
  const { deadline } = request
  const { plan } = planned
  if (deadline === undefined || plan.installs.length === 0) return planned
  const paces = yield* TransactionPace
  const pace: Pace = new Map(
    yield* Effect.forEach(detected, ({ state }) =>
      Effect.map(paces.secondsPerPackage(state.id), (seconds) => [state.id, seconds] as const),
    ),
  )
  const left = (DateTime.toEpochMillis(deadline) - DateTime.toEpochMillis(yield* DateTime.now)) / 1000
  // A deadline in the past has its own word.
  if (left <= 0) return planned
  const available = left - allowanceSeconds
  const needed = secondsOf(pace, plan)
  if (needed <= available) return planned

  const detail = `the plan takes about ${Math.round(needed + allowanceSeconds)} s on this host, and the deadline is in ${Math.round(left)} s`
  const nothing: Planned = { plan, preflight: [...planned.preflight, outOfTime(detail)] }
  if (request.plan_digest !== undefined) return nothing
  let candidates = yield* urgentFirst(detected, request, plan)
  let budget = available
  for (let tries = 0; tries < mostTries; tries += 1) {
    const packages = fittingIn(candidates, pace, budget).map(({ name, to, architecture }) => ({
      name,
      version: to,
      architecture,
    }))
    if (!Arr.isReadonlyArrayNonEmpty(packages)) break
    const smaller = yield* planAll({ ...request, selection: { kind: "packages", packages } })
    // Dependencies that the chosen ones bring along count as well.
    const excess = secondsOf(pace, smaller.plan) - available
    if (excess <= 0) return { ...smaller, plan: inPlaceOf(plan, smaller.plan, detail) }
    if (packages.length > 1) budget -= excess
    else {
      // This one alone takes too long with what it needs; a less urgent one may not.
      candidates = candidates.slice(1)
      budget = available
    }
  }
  return nothing
})
