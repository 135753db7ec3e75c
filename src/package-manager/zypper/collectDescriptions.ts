import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type { PackageInfoReport } from "../../domain/Command.ts"
import type { PackageName } from "../../domain/Package.ts"
import type { ManagerError } from "../PackageManager.ts"
import type { ReadDependencies } from "../preflight.ts"
import { collectRpmDetails } from "../rpm/rpmDetails.ts"
import { askZypper } from "./askZypper.ts"
import { readAutomatic } from "./autoInstalled.ts"
import { collectIndexes } from "./collectIndexes.ts"
import { collectInventory } from "./collectInventory.ts"
import { collectVersions } from "./collectVersions.ts"
import { packageDetails } from "./zypperCommands.ts"
import { describePackage, type Knowledge } from "./zypperDescribe.ts"
import { parseDetails } from "./zypperInfo.ts"

/** What rpm and zypper know of these packages. */
export const collectDescriptions = Effect.fnUntraced(function* (
  dependencies: ReadDependencies,
  names: ReadonlyArray<PackageName>,
): Effect.fn.Return<PackageInfoReport, ManagerError> {
  const { packages: installed } = yield* collectInventory(dependencies, "describe")
  const indexes = yield* collectIndexes(dependencies, "describe")
  const { offered } = yield* collectVersions(dependencies, "describe", indexes, names)
  const candidates =
    indexes.scope === "none"
      ? undefined
      : yield* askZypper(dependencies, "describe", packageDetails(indexes.scope, names))
  const details = yield* collectRpmDetails(dependencies, "zypper", "describe", names)
  const known: Knowledge = {
    installed,
    offered,
    candidates: candidates === undefined ? new Map() : parseDetails(candidates.stream),
    details,
    automatic: yield* readAutomatic(dependencies.fs),
    priorityOf: (repository) => indexes.repositories.find(({ alias }) => alias === repository)?.priority,
  }
  const described = [...new Set(names)].map((name) => [name, describePackage(name, known)] as const)
  return {
    packages: described.flatMap(([, info]) => Option.toArray(info)),
    unknown: described.flatMap(([name, info]) => (Option.isNone(info) ? [name] : [])),
  }
})
