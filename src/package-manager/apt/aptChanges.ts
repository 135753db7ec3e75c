import type { InstalledPackage } from "../../domain/Package.ts"
import type { Changes } from "../planUpdates.ts"
import type { Simulation } from "./aptSimulation.ts"
import { nativeArchitecture } from "./dpkgQuery.ts"

/**
 * A simulation as changes. apt prints the architecture of a removal only where it is a foreign one; the inventory
 * knows the others.
 */
export const changesOf = (
  { installs, removals }: Simulation,
  installed: ReadonlyArray<InstalledPackage>,
): Changes => {
  const native = nativeArchitecture(installed)
  return {
    installs,
    removals: removals.flatMap((row) => {
      const found = installed.find(
        ({ name, architecture }) =>
          name === row.name &&
          (row.architecture === undefined
            ? architecture === native || architecture === "all"
            : architecture === row.architecture),
      )
      return found === undefined ? [] : [{ name: row.name, architecture: found.architecture, from: row.from }]
    }),
  }
}
