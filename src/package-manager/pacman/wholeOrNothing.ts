import type { InstallUpdates } from "../../domain/Command.ts"
import type { NamingTrial } from "../largestPossible.ts"
import { shortened } from "../outputText.ts"
import type { Changes } from "../planUpdates.ts"
import { chooseTargets, globMatches, type Known, type Objection, type Target } from "../updateSelection.ts"
import { objectionsOf, type Prospect } from "./wholeUpgrade.ts"

const named = (names: ReadonlyArray<string>) =>
  names.length <= 5 ? names.join(", ") : `${names.slice(0, 5).join(", ")} and ${names.length - 5} more`

/**
 * Why a command that asks for some of what is pending cannot be carried out: Arch does not support an upgrade of a part,
 * because packages are built against each other's newest versions. What the administrator's own IgnorePkg keeps is not
 * missed. Undefined where the command takes everything.
 */
export const whyPartial = (
  request: InstallUpdates,
  known: Known,
  changes: Changes,
  isTooYoung: (target: Target) => boolean,
): string | undefined => {
  const chosen = chooseTargets(request, known).targets.filter((target) => !isTooYoung(target))
  const taken = new Set(chosen.map(({ name, to }) => `${name} ${to}`))
  const missed = known.updates.filter(
    ({ name, to, installable }) => installable.answer === "yes" && !taken.has(`${name} ${to}`),
  )
  const whole = "Arch supports only the upgrade of everything that is pending"
  if (missed.length > 0) return `${whole}: ${named(missed.map(({ name }) => name))} would be left behind`
  const changed = [...changes.installs, ...changes.removals].map(({ name }): string => name)
  const excluded = changed.filter((name) => request.exclude?.some((glob) => globMatches(glob, name)))
  return excluded.length === 0 ? undefined : `${whole}, which changes the excluded ${named(excluded)}`
}

/** Whether these can be installed: all that is pending can, unless something stands in the way of it. */
export const tryWhole = (
  prospect: Prospect,
  changes: Changes | undefined,
  targets: ReadonlyArray<Target>,
  allowRemovals: boolean,
): NamingTrial<Target, Changes, Objection> => {
  const objections = objectionsOf(prospect, allowRemovals)
  if (objections === undefined && changes !== undefined) return { possible: true, answer: changes }
  const { words, blamed } = objections ?? { words: "pacman names what is no package", blamed: new Map() }
  const suspects = targets.filter(({ name }) => blamed.has(name))
  const own = targets.length === 1 && targets[0] !== undefined ? blamed.get(targets[0].name) : undefined
  const objection = own ?? { reason: "blocked_by_manager" as const, detail: shortened(words) }
  return { possible: false, objection, suspects }
}
