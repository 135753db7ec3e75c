import * as Effect from "effect/Effect"
import { ManagerError } from "../PackageManager.ts"
import type { Wanted } from "../applyPlan.ts"
import type { Trial } from "../largestPossible.ts"
import type { Objection, Target } from "../updateSelection.ts"
import { aptFailure, notRun } from "./aptFailure.ts"
import { simulateInstall } from "./aptInstall.ts"
import { complaintOf } from "./aptMessages.ts"
import { plainText, shortened } from "../outputText.ts"
import { parseSimulation, type Simulation } from "./aptSimulation.ts"
import type { AptReadDependencies } from "./collectIndexes.ts"

/** The names in the indented list under a headline of apt. */
const listUnder = (headline: RegExp, stdout: string): string => {
  const [, list = ""] =
    new RegExp(`${headline.source}\\n((?: {2}.*(?:\\n|$))+)`, "m").exec(plainText(stdout)) ?? []
  return list.replaceAll(/[\s*]+/g, " ").trim()
}

/** The lines below "The following packages have unmet dependencies:", which apt prints on either stream. */
const unmet = (output: string): string =>
  listUnder(/^The following packages have unmet dependencies:/, output.replaceAll(/^ (?=\S)/gm, "  "))

const refusal = (output: { readonly stdout: string; readonly stderr: string }): Objection | undefined => {
  const { stdout, stderr } = output
  if (/remove is disabled|allow-remove-essential/.test(stderr)) {
    const removed = listUnder(/^The following packages will be REMOVED:/, stdout)
    return { reason: "needs_removal", detail: shortened(`it would remove ${removed}`) }
  }
  if (stderr.includes("allow-change-held-packages")) {
    const held = listUnder(/^The following held packages will be changed:/, stdout)
    return { reason: "held", detail: shortened(`it would change what is held: ${held}`) }
  }
  if (/Unmet dependencies\. Try|needs to be reinstalled/.test(stderr)) {
    return { reason: "blocked_by_manager", detail: complaintOf(output) }
  }
  if (
    /unmet dependencies|held broken packages|pkgProblemResolver|allow-downgrades|was not found|Unable to (?:locate|satisfy)/.test(
      stdout + stderr,
    )
  ) {
    const detail = unmet(stdout) || unmet(stderr) || complaintOf(output)
    return { reason: "conflict", detail: shortened(detail) }
  }
  return undefined
}

const isReached = (simulation: Simulation, { name, architecture, to }: Target) =>
  simulation.installs.some(
    (install) =>
      install.name === name &&
      install.to === to &&
      // A package may become architecture-independent with an update, or cease to be.
      (install.architecture === architecture || install.architecture === "all" || architecture === "all"),
  )

/**
 * Asks apt what installing exactly these packages would do. Not possible is what apt refuses, and what it silently
 * keeps back (the solver of apt 3 does). Fails when apt cannot plan anything, or answers in
 * lines that are not understood: a plan must be known completely.
 */
export const tryInstall = Effect.fnUntraced(function* (
  { subprocess }: AptReadDependencies,
  targets: ReadonlyArray<Target>,
  allowRemovals: boolean,
): Effect.fn.Return<Trial<Simulation, Objection>, ManagerError> {
  const wanted: Wanted = { targets, allowRemovals }
  const result = yield* subprocess.run(simulateInstall(wanted)).pipe(notRun("plan"))
  if (result.exitCode !== 0) {
    const objection = refusal(result)
    return objection === undefined ? yield* aptFailure("plan", result) : { possible: false, objection }
  }
  const simulation = parseSimulation(result.stdout)
  if (simulation.notUnderstood > 0 || result.truncated) {
    const detail = `${simulation.notUnderstood} lines of apt-get -s install`
    return yield* new ManagerError({
      manager: "apt",
      operation: "plan",
      reason: "output_not_understood",
      detail,
    })
  }
  const keptBack = targets.find((target) => !isReached(simulation, target))
  if (keptBack !== undefined) {
    const detail = `apt keeps ${keptBack.name} at ${keptBack.from}`
    return { possible: false, objection: { reason: "conflict", detail } }
  }
  return { possible: true, answer: simulation }
})
