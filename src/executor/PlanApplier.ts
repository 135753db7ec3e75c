import * as Context from "effect/Context"
import type * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type { InstallPlan, InstallReport } from "../domain/InstallPlan.ts"
import type { ApplyOptions, ManagerError } from "../package-manager/PackageManager.ts"
import type { DetectedManager } from "../package-manager/PackageManagers.ts"

/** Who carries out a plan: this process, or another that has less. */
export class PlanApplier extends Context.Service<
  PlanApplier,
  {
    /** One manager's part of a plan, after its `fetch` if it has one. */
    readonly apply: (
      to: DetectedManager,
      plan: InstallPlan,
      options: ApplyOptions,
    ) => Effect.Effect<InstallReport, ManagerError>
  }
>()("patchctl/executor/PlanApplier") {
  /** This very process, with its network. */
  static readonly layer = Layer.succeed(PlanApplier, {
    apply: ({ manager }, plan, options) => manager.apply(plan, options),
  })
}
