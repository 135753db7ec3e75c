import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type { PackageInfoReport } from "../../domain/Command.ts"
import type { InstalledPackage, PackageName } from "../../domain/Package.ts"
import type { ManagerError } from "../PackageManager.ts"
import { outputLines } from "../outputLines.ts"
import { automaticMarks, records } from "./aptCommands.ts"
import { describePackage, recordsByName, type Knowledge } from "./aptDescribe.ts"
import { notRun } from "./aptFailure.ts"
import type { AptReadDependencies } from "./collectIndexes.ts"
import { collectInventory } from "./collectInventory.ts"
import { collectPolicies } from "./collectUpdates.ts"
import { parseStanzas } from "./deb822.ts"
import { aptName, nativeArchitecture } from "./dpkgQuery.ts"

/**
 * What dpkg and apt know of these packages. apt-cache and apt-mark exit with an error when they do not know a
 * single name, so what they print is taken whatever their exit code.
 */
export const collectDescriptions = Effect.fnUntraced(function* (
  dependencies: AptReadDependencies,
  names: ReadonlyArray<PackageName>,
): Effect.fn.Return<PackageInfoReport, ManagerError> {
  const { subprocess } = dependencies
  const { packages: installed } = yield* collectInventory(dependencies, "describe")
  const tables = yield* collectPolicies(dependencies, "describe", names)
  const shown = yield* subprocess.run(records(names)).pipe(notRun("describe"))
  const marks = yield* subprocess.run(automaticMarks).pipe(notRun("describe"))

  const native = nativeArchitecture(installed)
  const known: Knowledge = {
    installed,
    policies: new Map(tables.value.map((policy) => [policy.name, policy])),
    records: recordsByName(parseStanzas(shown.stdout), native),
    automatic: new Set(outputLines(marks.stdout)),
    nameOf: (row: InstalledPackage) => aptName(row, native),
  }
  const described = [...new Set(names)].map((name) => [name, describePackage(name, native, known)] as const)
  return {
    packages: described.flatMap(([, info]) => Option.toArray(info)),
    unknown: described.flatMap(([name, info]) => (Option.isNone(info) ? [name] : [])),
  }
})
