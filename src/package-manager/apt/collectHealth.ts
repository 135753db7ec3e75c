import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type { ManagerError, ManagerHealth } from "../PackageManager.ts"

import { aptPaths, dependencyCheck, dpkgAudit } from "./aptCommands.ts"
import { notRun } from "./aptFailure.ts"
import { complaintOf } from "./aptMessages.ts"
import { plainText, shortened } from "../outputText.ts"
import { lockHolders } from "../lockHolders.ts"
import { collectIndexes, type AptReadDependencies } from "./collectIndexes.ts"
import { collectInventory } from "./collectInventory.ts"

/**
 * Whether a dpkg run was cut off: it leaves numbered files in its journal. Simulations plan as if nothing were the
 * matter; every real run refuses.
 */
export const isInterrupted = Effect.fnUntraced(function* ({ fs }: AptReadDependencies) {
  const files = yield* Effect.orElseSucceed(fs.readDirectory(aptPaths.journal), () => [])
  return files.some((file) => /^\d+$/.test(file))
})

/** The state of the package database, of its locks and of the indexes. A lost database is damage, not a failure. */
export const collectHealth = Effect.fnUntraced(function* (
  dependencies: AptReadDependencies,
): Effect.fn.Return<ManagerHealth, ManagerError> {
  const { subprocess, fs } = dependencies
  const damage: Array<string> = []
  const inventory = yield* collectInventory(dependencies, "health").pipe(
    Effect.catchTag("ManagerError", (error) => {
      if (error.reason !== "database_damaged") return Effect.fail(error)
      damage.push(error.detail)
      return Effect.succeed({ faults: [] })
    }),
  )
  if (yield* isInterrupted(dependencies)) damage.push("a dpkg run was interrupted: run dpkg --configure -a")
  const audit = yield* subprocess.run(dpkgAudit).pipe(notRun("health"))
  const findings = plainText(audit.exitCode === 0 ? audit.stdout : `${audit.stdout}\n${audit.stderr}`)
  if (findings.trim() !== "")
    damage.push(`dpkg --audit: ${shortened(findings.replaceAll(/\s+/g, " ").trim())}`)
  // A dpkg database without apt has nothing to check; its absence is not damage.
  const check = yield* Effect.option(subprocess.run(dependencyCheck))
  if (Option.isSome(check) && check.value.exitCode !== 0) {
    damage.push(`apt-get check: ${complaintOf(check.value)}`)
  }

  const indexes = yield* Effect.orElseSucceed(
    Effect.map(collectIndexes(dependencies), ({ states }) => states),
    () => [],
  )
  return {
    faults: inventory.faults,
    locks: yield* lockHolders(fs, aptPaths.locks),
    indexes,
    ...(damage.length === 0 ? {} : { damage: damage.join("\n") }),
  }
})
