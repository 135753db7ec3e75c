import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type { PackageInfoReport } from "../../domain/Command.ts"
import type { PackageName } from "../../domain/Package.ts"
import type { ManagerError } from "../PackageManager.ts"
import { collectRpmDetails } from "../rpm/rpmDetails.ts"
import { collectInventory } from "./collectInventory.ts"
import { collectOffersNamed } from "./collectOffers.ts"
import { details, installReasons } from "./dnfCommands.ts"
import { describePackage, parseDetails, parseInstallReasons } from "./dnfDescribe.ts"
import type { DnfReadDependencies } from "./dnfDialect.ts"
import { ask, rootOnly } from "./dnfRead.ts"

/**
 * What rpm and dnf know of these packages. A name that one of them does not know is no error, so what they print is
 * taken whatever their exit code. yum cannot be asked why a package is installed, nor for details in fields.
 */
export const collectDescriptions = Effect.fnUntraced(function* (
  dependencies: DnfReadDependencies,
  asked: ReadonlyArray<PackageName>,
): Effect.fn.Return<PackageInfoReport, ManagerError> {
  if (!dependencies.isRoot) return yield* rootOnly("describe")
  const names = [...new Set(asked)]
  const { packages: installed } = yield* collectInventory(dependencies, "describe")
  const dialect = yield* dependencies.dialect
  const offers = yield* collectOffersNamed(dependencies, dialect, "describe", names)
  const ofInstalled = yield* collectRpmDetails(dependencies, "dnf", "describe", names)
  const others = names.filter((name) => !ofInstalled.has(name) && offers.some((offer) => offer.name === name))
  const isYum = dialect.kind === "yum3"
  const offered =
    others.length === 0 || isYum
      ? undefined
      : yield* ask(dependencies, dialect, "describe", details(dialect, others))
  const marks = isYum
    ? undefined
    : yield* ask(dependencies, dialect, "describe", installReasons(dialect, names))
  const known = {
    installed,
    offers,
    details: new Map([...parseDetails(offered?.stdout ?? ""), ...ofInstalled]),
    automatic: parseInstallReasons(marks?.stdout ?? ""),
  }
  const described = names.map((name) => [name, describePackage(name, known)] as const)
  return {
    packages: described.flatMap(([, info]) => Option.toArray(info)),
    unknown: described.flatMap(([name, info]) => (Option.isNone(info) ? [name] : [])),
  }
})
