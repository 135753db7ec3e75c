import * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type { InstallUpdates } from "../../domain/Command.ts"
import { compare } from "../../version/rpm.ts"
import { notRunBy } from "../managerFailure.ts"
import { sameArchitecture } from "../packageOutcomes.ts"
import type { Inventory, ManagerError, PackageManager, UpdateListing } from "../PackageManager.ts"
import { planUpdates, type Install } from "../planUpdates.ts"
import { preflight } from "../preflight.ts"
import { selectedPackage, type Known } from "../updateSelection.ts"
import { tooYoung } from "../versionAge.ts"
import { collectIndexes } from "./collectIndexes.ts"
import { collectOffersNamed } from "./collectOffers.ts"
import { consequences } from "./dnfConsequences.ts"
import { collectDetails } from "./dnfDetails.ts"
import type { DnfReadDependencies } from "./dnfDialect.ts"
import { exactSpec } from "./dnfInstall.ts"
import { preconditions } from "./dnfPreflight.ts"
import { tryUpgrade } from "./dnfUpgradeTrial.ts"

export interface PlanDependencies extends DnfReadDependencies {
  readonly inventory: Effect.Effect<Inventory, ManagerError>
  readonly updates: Effect.Effect<UpdateListing, ManagerError>
}

/** What the repositories offer of the packages that the selection names, whatever is excluded. */
const offers = Effect.fnUntraced(function* (dependencies: PlanDependencies, { selection }: InstallUpdates) {
  const asked = selection.kind === "packages" ? selection.packages : []
  const names = [...new Set(asked.map((wanted) => selectedPackage(wanted).name))]
  const dialect = yield* dependencies.dialect
  const found = names.length === 0 ? [] : yield* collectOffersNamed(dependencies, dialect, "plan", names)
  return ((name, architecture) => {
    const versions = found
      .filter(
        (offer) =>
          offer.name === name &&
          (architecture === undefined || sameArchitecture(offer.architecture, architecture)),
      )
      .map(({ version }) => version)
      .toSorted((a, b) => compare(b, a))
    const [candidate] = versions
    return candidate === undefined
      ? undefined
      : { candidate, versions: versions.map((version) => ({ version })) }
  }) satisfies Known["offersOf"]
})

/** Why some of these are too young: a version was published before the metadata that lists it was made. */
const youth = Effect.fnUntraced(function* (
  dependencies: DnfReadDependencies,
  rows: ReadonlyArray<Pick<Install, "name" | "architecture" | "to">>,
  minimumHours: number,
) {
  const detailsOf = yield* collectDetails(dependencies, rows)
  const { repositories } = yield* collectIndexes(dependencies, "plan")
  const now = yield* DateTime.now
  return (row: Pick<Install, "name" | "architecture" | "to">) => {
    const dates = (detailsOf(row)?.repositories ?? []).flatMap((id) => {
      const at = repositories.find((repository) => repository.id === id)?.madeAt
      return at === undefined ? [] : [{ at, by: `the metadata of ${id}` }]
    })
    return tooYoung(dates, Duration.hours(minimumHours), now)
  }
})

/** `PackageManager.plan` for dnf and yum, by trial with `--assumeno`: see `planUpdates`. */
export const makePlan = (dependencies: PlanDependencies): PackageManager["Service"]["plan"] =>
  Effect.fn("DnfPackageManager.plan")(function* (request: InstallUpdates) {
    const { packages: installed, faults } = yield* dependencies.inventory
    const { updates } = yield* dependencies.updates
    const plan = yield* planUpdates(request, {
      known: {
        manager: "dnf",
        compare,
        installed,
        updates,
        offersOf: yield* offers(dependencies, request),
      },
      refusal: undefined,
      attempt: (targets, allowRemovals) => tryUpgrade(dependencies, installed, targets, allowRemovals),
      youth: (rows, hours) => youth(dependencies, rows, hours),
      consequences: (changes, { targets, allowRemovals }) =>
        consequences(dependencies, updates, changes, { specs: targets.map(exactSpec), allowRemovals }),
    })
    const found = yield* preconditions(dependencies, request, plan, faults)
    return {
      plan,
      preflight: yield* preflight(dependencies, request, plan, found).pipe(notRunBy("dnf")("plan")),
    }
  })
