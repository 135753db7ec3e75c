import { outputLines } from "../outputLines.ts"
import { formatNevra, parseNevra } from "../rpm/nevra.ts"

/** A package of a transaction that excludes something which stays. */
export interface YumConflict {
  readonly name: string
  /** `name-[epoch:]version-release.arch` */
  readonly nevra: string
  /** What it excludes: the name of a package, or of something that packages provide. */
  readonly excludes: string
}

type Installed = Parameters<typeof formatNevra>[0]

/**
 * Reads what yum's solver tells of its work: `--> Processing Conflict: NEVRA conflicts NAME < VERSION` (`output.py`,
 * `procConflictPo`). Its tables call everything it leaves out a dependency problem. dnf has no such line.
 */
export const parseYumConflicts = (stdout: string): ReadonlyArray<YumConflict> =>
  [...outputLines(stdout)].flatMap((line) => {
    const [, subject = "", excludes] = /^--> Processing Conflict: (\S+) conflicts (\S+)/.exec(line) ?? []
    const nevra = parseNevra(subject)
    return nevra === undefined || excludes === undefined
      ? []
      : [{ name: nevra.name, nevra: formatNevra(nevra), excludes }]
  })

/**
 * Of these, the new packages that exclude an installed one. yum has looked for another version of both before it gave
 * up, so they can be had only without the installed one; yum itself removes nothing for the sake of an update.
 */
export const needingRemoval = (
  conflicts: ReadonlyArray<YumConflict>,
  installed: ReadonlyArray<Installed>,
): ReadonlyArray<YumConflict> =>
  conflicts.filter(
    ({ nevra, excludes }) =>
      installed.some(({ name }) => name === excludes) && !installed.some((row) => formatNevra(row) === nevra),
  )
