import * as Effect from "effect/Effect"
import type { LockHolder } from "../../domain/Host.ts"
import type { ManagerError, ManagerHealth } from "../PackageManager.ts"
import type { ReadDependencies } from "../preflight.ts"
import { pidFileHolders } from "../lockHolders.ts"
import { rpmLockHolders } from "../rpm/rpmLocks.ts"
import { askZypper } from "./askZypper.ts"
import { collectIndexes } from "./collectIndexes.ts"
import { collectInventory } from "./collectInventory.ts"
import { verify, zypperPaths } from "./zypperCommands.ts"
import { problemIn } from "./zypperProblems.ts"
import { parseSummary } from "./zypperSummary.ts"

/** By its command line, as zypper tells it: the kernel's name for it is that of one of its threads. */
const withProgram = Effect.fnUntraced(function* ({ fs }: ReadDependencies, holder: LockHolder) {
  const line = yield* Effect.orElseSucceed(fs.readFileString(`/proc/${holder.pid}/cmdline`), () => "")
  const program = line.split("\u0000")[0]?.replace(/^.*\//, "") ?? ""
  return program === "" ? holder : { ...holder, program }
})

/** Who is at work on the packages, by libzypp's locks and rpm's; each process once. */
export const collectLocks = Effect.fnUntraced(function* (dependencies: ReadDependencies) {
  const { fs } = dependencies
  const holders = [...(yield* pidFileHolders(fs, zypperPaths.running)), ...(yield* rpmLockHolders(fs))]
  return yield* Effect.forEach(
    holders.filter(({ pid }, at) => holders.findIndex((other) => other.pid === pid) === at),
    (holder) => withProgram(dependencies, holder),
  )
})

/** What zypper finds wrong with the dependencies of what is installed; undefined when they are sound. */
const brokenDependencies = Effect.fnUntraced(function* (dependencies: ReadDependencies) {
  const answer = yield* askZypper(dependencies, "health", verify)
  const summary = parseSummary(answer.stream)
  if (answer.solved && summary !== undefined) {
    const changes = summary.removals.length + summary.installs.length + summary.upgrades.length
    return changes === 0 ? undefined : `zypper verify would change ${changes} packages`
  }
  return `zypper verify: ${problemIn(answer.stream, answer.result)}`
})

/**
 * The state of the package database, of its locks and of the indexes. A lost database is damage, not a failure; what
 * looks damaged while somebody installs is not, for rpm has old and new versions side by side until it is done.
 */
export const collectHealth = Effect.fnUntraced(function* (
  dependencies: ReadDependencies,
  isRoot: boolean,
): Effect.fn.Return<ManagerHealth, ManagerError> {
  const locks = yield* collectLocks(dependencies)
  const isAtWork = locks.length > 0
  const damage: Array<string> = []
  const inventory = yield* collectInventory(dependencies, "health").pipe(
    Effect.catchTag("ManagerError", (error) => {
      if (error.reason !== "database_damaged") return Effect.fail(error)
      damage.push(error.detail)
      return Effect.succeed({ faults: [] })
    }),
  )
  // Only root may ask; a database that cannot be read has nothing to verify.
  if (isRoot && !isAtWork && damage.length === 0) {
    const broken = yield* brokenDependencies(dependencies)
    if (broken !== undefined) damage.push(broken)
  }
  const indexes = yield* Effect.orElseSucceed(
    Effect.map(collectIndexes(dependencies, "health"), ({ states }) => states),
    () => [],
  )
  return {
    faults: isAtWork ? [] : inventory.faults,
    locks,
    indexes,
    ...(damage.length === 0 ? {} : { damage: damage.join("\n") }),
  }
})
