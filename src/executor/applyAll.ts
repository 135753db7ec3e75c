import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type { InstallPlan, InstallReport } from "../domain/InstallPlan.ts"
import type { ApplyOptions } from "../package-manager/PackageManager.ts"
import type { DetectedManager } from "../package-manager/PackageManagers.ts"
import { PlanApplier } from "./PlanApplier.ts"
import { TransactionPace } from "./TransactionPace.ts"

/** Downloads, installs, and remembers how long it took. */
const applyPart = Effect.fnUntraced(function* (
  to: DetectedManager,
  part: InstallPlan,
  options: ApplyOptions,
) {
  const applier = yield* PlanApplier
  const pace = yield* TransactionPace
  const [time, report] = yield* Effect.timed(
    Effect.gen(function* () {
      const fetched = yield* to.manager.fetch?.(part, options) ?? Effect.void
      if (fetched === undefined) return yield* applier.apply(to, part, options)
      const { missing, evidence } = fetched
      const applied = yield* applier.apply(to, part, { ...options, missing })
      return { ...applied, evidence: [...evidence, ...applied.evidence] }
    }),
  )
  const isDone = report.outcomes.every(({ outcome }) => outcome === "installed" || outcome === "removed")
  if (isDone) yield* pace.learn(to.state.id, report.outcomes.length, Duration.toSeconds(time))
  return report
})

/**
 * Hands each manager its own part of the plan; without any, only a repair that was asked for. A manager that cannot do
 * its part does not undo what another did: it fails only when none did anything.
 */
export const applyAll = Effect.fn("applyAll")(function* (
  detected: ReadonlyArray<DetectedManager>,
  plan: InstallPlan,
  options: ApplyOptions,
) {
  const parts = detected.map((to) => ({
    to,
    part: {
      ...plan,
      installs: plan.installs.filter((row) => row.manager === to.state.id),
      removals: plan.removals.filter((row) => row.manager === to.state.id),
    },
  }))
  const busy = parts.filter(({ part }) => part.installs.length + part.removals.length > 0 || options.repair)
  const answers = yield* Effect.forEach(busy, ({ to, part }) => Effect.result(applyPart(to, part, options)))
  const reports = answers.flatMap((answer): ReadonlyArray<InstallReport> =>
    answer._tag === "Success" ? [answer.success] : [],
  )
  const failures = answers.flatMap((answer) => (answer._tag === "Failure" ? [answer.failure] : []))
  const [failure] = failures
  if (failure !== undefined && reports.length === 0) return yield* failure
  return { reports, failures }
})
