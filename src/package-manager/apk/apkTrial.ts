import * as Effect from "effect/Effect"
import type { InstalledPackage, PackageName } from "../../domain/Package.ts"
import type { Trial } from "../largestPossible.ts"
import { shortened } from "../outputText.ts"
import type { ManagerError } from "../PackageManager.ts"
import type { Changes } from "../planUpdates.ts"
import type { ReadDependencies } from "../preflight.ts"
import type { Objection, Target } from "../updateSelection.ts"
import { simulateNothing, simulateUpgrade, simulateWorld } from "./apkCommands.ts"
import { apkFailure, ended, notAnswered, notRun } from "./apkFailure.ts"
import { complaintOf, isUnsatisfiable } from "./apkMessages.ts"
import { hasSummary, parseSimulation, type Simulation } from "./apkSimulation.ts"
import { worldObjection, type World } from "./apkWorld.ts"

/**
 * Why apk would upgrade nothing at all, in its words; undefined when it would. A world that cannot be satisfied, a tag
 * without a repository and a missing index each make it refuse everything.
 */
export const refusal = Effect.fnUntraced(function* ({ subprocess }: ReadDependencies, operation: string) {
  const result = yield* subprocess.run(simulateNothing).pipe(notRun(operation))
  return hasSummary(result.stdout) ? undefined : complaintOf(result)
})

/** What the installed packages and the world lack of fitting together, or damage that keeps apk from seeing it. */
export const findDamage = Effect.fnUntraced(function* ({ subprocess }: ReadDependencies, operation: string) {
  const result = yield* subprocess.run(simulateWorld).pipe(notRun(operation))
  if (hasSummary(result.stdout)) return undefined
  const isDamage = isUnsatisfiable(result.stderr) || ended(result.stderr) === "database_damaged"
  return isDamage ? complaintOf(result) : undefined
})

/**
 * Asks apk what upgrading these would do, as far as it sees to it: one that it keeps back is simply not in the answer.
 * Not possible is what cannot be satisfied, what removes packages against the command, and what goes back to older
 * versions. Fails when apk refuses for another reason, or answers in lines that are not understood.
 */
export const actOut = Effect.fnUntraced(function* (
  { subprocess }: ReadDependencies,
  operation: string,
  names: ReadonlyArray<PackageName>,
  allowRemovals: boolean,
): Effect.fn.Return<Trial<Simulation, Objection>, ManagerError> {
  const result = yield* subprocess.run(simulateUpgrade(names)).pipe(notRun(operation))
  if (!hasSummary(result.stdout) && isUnsatisfiable(result.stderr)) {
    const detail = complaintOf(result).replace(/^unable to select packages: /, "")
    return { possible: false, objection: { reason: "conflict", detail } }
  }
  if (!hasSummary(result.stdout)) return yield* apkFailure(operation, result)
  const simulation = parseSimulation(result.stdout)
  if (!simulation.isComplete || simulation.notUnderstood > 0 || result.truncated) {
    const detail = `${simulation.notUnderstood} lines of apk upgrade --simulate, or its steps are not complete`
    return yield* notAnswered(operation, detail)
  }
  const named = (rows: ReadonlyArray<{ readonly name: string }>) =>
    shortened(rows.map(({ name }) => name).join(" "), 400)
  const { removals, downgrades } = simulation
  if (downgrades.length > 0) {
    const detail = `it would go back to older versions of ${named(downgrades)}`
    return { possible: false, objection: { reason: "conflict", detail } }
  }
  if (removals.length > 0 && !allowRemovals) {
    return {
      possible: false,
      objection: { reason: "needs_removal", detail: `it would remove ${named(removals)}` },
    }
  }
  return { possible: true, answer: simulation }
})

/** Why apk does not move a package, as far as the world says. */
export const keptBack = (world: World, name: string): Objection | undefined => {
  const reason = worldObjection(world, name)
  return reason === undefined
    ? undefined
    : { reason, detail: `/etc/apk/world asks for ${world.get(name)?.text ?? name}` }
}

/** The architecture that most installed packages have: apk does not print that of packages it would add. */
export const commonArchitecture = (installed: ReadonlyArray<InstalledPackage>) => {
  const counts = new Map<InstalledPackage["architecture"], number>()
  for (const { architecture } of installed) {
    if (architecture !== "noarch") counts.set(architecture, (counts.get(architecture) ?? 0) + 1)
  }
  return [...counts].toSorted(([, a], [, b]) => b - a)[0]?.[0] ?? installed[0]?.architecture
}

/** A simulation with the architectures of the packages. */
export const changesOf = (
  simulation: Pick<Simulation, "installs" | "removals">,
  installed: ReadonlyArray<InstalledPackage>,
): Changes => {
  const architectures = new Map(installed.map(({ name, architecture }) => [name, architecture]))
  const common = commonArchitecture(installed)
  const withArchitecture = <T extends { readonly name: InstalledPackage["name"] }>(row: T) => {
    const architecture = architectures.get(row.name) ?? common
    return architecture === undefined ? [] : [{ ...row, architecture }]
  }
  return {
    installs: simulation.installs.flatMap(withArchitecture),
    removals: simulation.removals.flatMap(withArchitecture),
  }
}

/** Whether apk would move these packages to exactly these versions, and what else it would do along with them. */
export const tryUpgrade = Effect.fnUntraced(function* (
  dependencies: ReadDependencies,
  host: { readonly installed: ReadonlyArray<InstalledPackage>; readonly world: World },
  targets: ReadonlyArray<Target>,
  allowRemovals: boolean,
): Effect.fn.Return<Trial<Changes, Objection>, ManagerError> {
  const names = targets.map(({ name }) => name)
  const trial = yield* actOut(dependencies, "plan", names, allowRemovals)
  if (!trial.possible) return trial
  const reached = new Map(trial.answer.installs.map(({ name, to }) => [name, to]))
  const missed = targets.find(({ name, to }) => reached.get(name) !== to)
  if (missed === undefined) return { possible: true, answer: changesOf(trial.answer, host.installed) }
  const instead = reached.get(missed.name)
  const objection: Objection = keptBack(host.world, missed.name) ?? {
    reason: instead === undefined ? "conflict" : "blocked_by_manager",
    detail:
      instead === undefined
        ? `apk keeps ${missed.name} at ${missed.from}: other packages need that version`
        : `apk upgrades ${missed.name} to ${instead}, and to no other version`,
  }
  return { possible: false, objection }
})
