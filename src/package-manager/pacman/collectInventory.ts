import * as Effect from "effect/Effect"
import type { InstalledPackage } from "../../domain/Package.ts"
import { ManagerError, type Inventory } from "../PackageManager.ts"
import type { ReadDependencies } from "../preflight.ts"
import { collectSettings } from "./collectIndexes.ts"
import { fnmatch } from "./fnmatch.ts"
import { readLocalDatabase, type LocalPackage } from "./localDatabase.ts"
import { pacmanPaths } from "./pacmanCommands.ts"
import type { Settings } from "./pacmanSettings.ts"

/** Everything installed. A host without a single package has lost its database: pacman itself is one of them. */
export const installedPackages = Effect.fnUntraced(function* (
  dependencies: ReadDependencies,
  operation: string,
) {
  const database = yield* readLocalDatabase(dependencies, operation)
  if (database.packages.length > 0) return database
  const detail = `${pacmanPaths.local} is missing or records no installed package`
  return yield* new ManagerError({ manager: "pacman", operation, reason: "database_damaged", detail })
})

/** The rows of the inventory, with what the administrator keeps from being upgraded marked as held. */
export const inventoryRows = (
  packages: ReadonlyArray<LocalPackage>,
  { ignoredPackages, ignoredGroups }: Pick<Settings, "ignoredPackages" | "ignoredGroups">,
): ReadonlyArray<InstalledPackage> => {
  const byName = ignoredPackages.map(fnmatch)
  const byGroup = ignoredGroups.map(fnmatch)
  return packages.map(({ row, groups }) =>
    byName.some((matches) => matches(row.name)) || byGroup.some((matches) => groups.some(matches))
      ? { ...row, held: true }
      : row,
  )
}

/** All installed packages. Without pacman itself they are listed all the same, only nobody knows what is held. */
export const collectInventory = Effect.fnUntraced(function* (
  dependencies: ReadDependencies,
  operation: string,
): Effect.fn.Return<Inventory, ManagerError> {
  const database = yield* installedPackages(dependencies, operation)
  const settings = yield* collectSettings(dependencies, operation).pipe(
    Effect.map((found) => ({ found, reasons: [] })),
    Effect.catchTag("ManagerError", (error) =>
      error.reason === "not_available"
        ? Effect.succeed({ found: { ignoredPackages: [], ignoredGroups: [] }, reasons: [] })
        : Effect.succeed({
            found: { ignoredPackages: [], ignoredGroups: [] },
            reasons: [
              { manager: "pacman" as const, code: "collector_failed" as const, detail: error.message },
            ],
          }),
    ),
  )
  return {
    packages: inventoryRows(database.packages, settings.found),
    faults: database.faults,
    reasons: [...database.reasons, ...settings.reasons],
  }
})
