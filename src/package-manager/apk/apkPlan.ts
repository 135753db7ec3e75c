import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import type { InstallUpdates } from "../../domain/Command.ts"
import type { PreflightFault } from "../../domain/InstallPlan.ts"
import { PackageName, type PackageFault } from "../../domain/Package.ts"
import { compare } from "../../version/apk.ts"
import { lockHolders } from "../lockHolders.ts"
import type { ManagerError, PackageManager, UpdateListing } from "../PackageManager.ts"
import { planUpdates } from "../planUpdates.ts"
import { preflight, type ReadDependencies } from "../preflight.ts"
import { selectedPackage, type Known } from "../updateSelection.ts"
import { apkPaths } from "./apkCommands.ts"
import { consequences, youth } from "./apkConsequences.ts"
import { notRun } from "./apkFailure.ts"
import { collectPolicies } from "./apkOffers.ts"
import type { PolicyVersion } from "./apkPolicy.ts"
import { refusal, tryUpgrade } from "./apkTrial.ts"
import { cacheFolder, collectIndexes } from "./collectIndexes.ts"
import { readInstalled, readWorld, type Installed } from "./collectInventory.ts"

export interface PlanDependencies extends ReadDependencies {
  readonly isRoot: boolean
  readonly updates: Effect.Effect<UpdateListing, ManagerError>
}

const isName = Schema.is(PackageName)

/** Why a version is not for this host although a repository has it: it takes `name@tag` in the world. */
const forbidden = ({ repositories }: PolicyVersion, candidate: string | undefined, version: string) => {
  const tags = repositories.flatMap(({ tag }) => tag ?? [])
  const onlyTagged = tags.length > 0 && tags.length === repositories.length
  return onlyTagged && candidate !== version
    ? {
        forbidden: `only repositories tagged ${tags.join(" ")} offer it: /etc/apk/world asks for none of them`,
      }
    : {}
}

/** What the repositories offer of the packages that the selection names. */
const offers = Effect.fnUntraced(function* (
  dependencies: PlanDependencies,
  request: InstallUpdates,
  updates: UpdateListing["updates"],
) {
  const asked = request.selection.kind === "packages" ? request.selection.packages : []
  const names = [...new Set(asked.map((selection) => selectedPackage(selection).name))].filter(isName)
  const tables = yield* collectPolicies(dependencies, "plan", names)
  return ((name) => {
    const versions = tables.versions.get(name)
    if (versions === undefined) return undefined
    const candidate = updates.find((row) => row.name === name)?.to
    return {
      ...(candidate === undefined ? {} : { candidate }),
      versions: versions
        .filter(({ repositories }) => repositories.length > 0)
        .map((row) => ({ version: row.version, ...forbidden(row, candidate, row.version) })),
    }
  }) satisfies Known["offersOf"]
})

const named = (faults: ReadonlyArray<PackageFault>) =>
  faults.map(({ name, state }) => `${name} (${state})`).join(", ")

/** Packages that an earlier transaction left broken, and a transaction that was cut off. */
const brokenPackages = ({ faults, interrupted }: Installed): ReadonlyArray<PreflightFault> => {
  const broken = faults.filter((fault) => fault !== interrupted)
  const names = broken.map(({ name }) => name).join(" ")
  return [
    ...(broken.length === 0
      ? []
      : [
          {
            code: "half_configured",
            detail: `not completely installed: ${named(broken)}`,
            remedy: `Repeat with repair, or run apk fix ${names} and mend what it reports`,
          } as const,
        ]),
    ...(interrupted === undefined
      ? []
      : [
          {
            code: "interrupted_transaction",
            detail: `apk was cut off at ${interrupted.name}: its files may be newer than the database says`,
            remedy: `Repeat with repair, or run apk fix ${interrupted.name}`,
          } as const,
        ]),
  ]
}

/** A refusal that a refresh does not end: the world asks for what cannot be, or for a tag that no repository has. */
const brokenWorld = (refused: string | undefined): ReadonlyArray<PreflightFault> =>
  refused === undefined || refused.includes("stale/unavailable repositories")
    ? []
    : [
        {
          code: "broken_dependencies",
          detail: refused,
          remedy: "Run apk fix --simulate, and mend /etc/apk/world or /etc/apk/repositories by what it says",
        },
      ]

/**
 * `PackageManager.plan` for apk, by trial with `apk upgrade --simulate`: see `planUpdates`. apk installs the newest
 * version that its constraints allow, or none.
 */
export const makePlan = (dependencies: PlanDependencies): PackageManager["Service"]["plan"] =>
  Effect.fn("ApkPackageManager.plan")(function* (request: InstallUpdates) {
    const installed = yield* readInstalled(dependencies, "plan")
    const world = yield* readWorld(dependencies)
    const { updates } = yield* dependencies.updates
    const indexes = yield* collectIndexes(dependencies, "plan")
    const refused = yield* refusal(dependencies, "plan")
    const plan = yield* planUpdates(request, {
      known: {
        manager: "apk",
        compare,
        installed: installed.packages,
        updates,
        offersOf: yield* offers(dependencies, request, updates),
      },
      refusal: refused,
      attempt: (targets, allowRemovals) =>
        tryUpgrade(dependencies, { installed: installed.packages, world }, targets, allowRemovals),
      youth: (rows, hours) => youth(dependencies, indexes, rows, hours),
      consequences: (changes) => consequences(dependencies, indexes, installed.sizes, changes),
    })
    const faults = yield* preflight(dependencies, request, plan, {
      isRoot: dependencies.isRoot,
      faults: [...(request.repair === true ? [] : brokenPackages(installed)), ...brokenWorld(refused)],
      lockHolders: yield* lockHolders(dependencies.fs, [apkPaths.lock]),
      cacheFolder: yield* cacheFolder(dependencies.fs),
      // An upgraded kernel takes the place of the old one in /boot.
      newKernels: 0,
    }).pipe(notRun("plan"))
    return { plan, preflight: faults }
  })
