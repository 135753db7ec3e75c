import * as Effect from "effect/Effect"
import type { InstallPlan } from "../../domain/InstallPlan.ts"
import { notRun } from "./aptFailure.ts"
import { simulateInstall, wantedOf, type Wanted } from "./aptInstall.ts"
import { parseSimulation } from "./aptSimulation.ts"
import type { AptReadDependencies } from "./collectIndexes.ts"

/** One change in words that can be compared. */
const installText = (row: {
  readonly name: string
  readonly architecture: string
  readonly from?: string
  readonly to: string
}) => `${row.name}:${row.architecture} ${row.from ?? ""} ${row.to}`

const removalText = (row: { readonly name: string; readonly from: string }) => `${row.name} ${row.from}`

const changesOf = (changes: {
  readonly installs: ReadonlyArray<Parameters<typeof installText>[0]>
  readonly removals: ReadonlyArray<Parameters<typeof removalText>[0]>
}): ReadonlySet<string> =>
  new Set([...changes.installs.map(installText), ...changes.removals.map(removalText)])

const isWithin = (some: ReadonlySet<string>, all: ReadonlySet<string>) =>
  [...some].every((change) => all.has(change))

/** What apt would do now, or undefined when it refuses or answers in lines that are not understood. */
const changesNow = Effect.fnUntraced(function* ({ subprocess }: AptReadDependencies, wanted: Wanted) {
  const result = yield* subprocess.run(simulateInstall(wanted)).pipe(notRun("apply"))
  const simulation = parseSimulation(result.stdout)
  return result.exitCode === 0 && simulation.notUnderstood === 0 ? changesOf(simulation) : undefined
})

/** Whether apt would now do what the plan says, no more and no less. */
export const isSamePlan = Effect.fnUntraced(function* (dependencies: AptReadDependencies, plan: InstallPlan) {
  const now = yield* changesNow(dependencies, wantedOf(plan))
  const planned = changesOf(plan)
  return now !== undefined && isWithin(now, planned) && isWithin(planned, now)
})

/** Whether a part of the plan can be installed without any change that the plan does not have. */
export const changesNothingElse = Effect.fnUntraced(function* (
  dependencies: AptReadDependencies,
  wanted: Wanted,
  plan: InstallPlan,
) {
  const now = yield* changesNow(dependencies, wanted)
  return now !== undefined && isWithin(now, changesOf(plan))
})
