import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { managerReadTimeout } from "../../schedules.ts"
import { lastWords } from "../outputText.ts"
import { ManagerError } from "../PackageManager.ts"
import type { ReadDependencies } from "../preflight.ts"

/**
 * What this host's program is and can do. Three programs share a family of commands, repository files and
 * metadata, and differ in what they can say in a form for machines:
 *
 * - `dnf5` answers in JSON.
 * - `dnf4` prints fields as asked (`repoquery --queryformat`), and lists of columns.
 * - `yum3` prints lists for people, wrapped at 80 columns where it has nothing to go by.
 */
export interface DnfDialect {
  readonly kind: "dnf5" | "dnf4" | "yum3"
  /** The program to run: `dnf`, which may be any of the first two, `dnf5` or `yum`. */
  readonly program: "dnf" | "dnf5" | "yum"
  readonly version: string
}

/** What every part of this backend reads this machine with. */
export interface DnfReadDependencies extends ReadDependencies {
  /** Root's metadata cache is the system's; every other user has one of his own, and old. */
  readonly isRoot: boolean
  /** The program, looked for once. Fails with `not_available`. */
  readonly dialect: Effect.Effect<DnfDialect, ManagerError>
}

/** The system's own choice first: where both generations are installed, `dnf` is the one that is used. */
const programs = ["dnf", "dnf5", "yum"] as const

/**
 * Reads the first line of `--version`: `dnf5 version 5.4.6.0`, or the bare number that dnf4 and yum print. yum is a
 * name of dnf too, and then prints dnf's number.
 */
export const dialectOf = (program: DnfDialect["program"], stdout: string): DnfDialect | undefined => {
  const [, isFive, version] = /^(dnf5 version )?(\d[\w.~+-]*)$/m.exec(stdout) ?? []
  if (version === undefined) return undefined
  if (isFive !== undefined) return { kind: "dnf5", program, version }
  return { kind: program === "yum" && version.startsWith("3.") ? "yum3" : "dnf4", program, version }
}

export interface FoundDialect {
  readonly dialect: Option.Option<DnfDialect>
  /** What a program said instead of its version: a broken configuration keeps dnf5 even from that. */
  readonly complaint?: string
}

/** Looks for the program; none where an rpm database has no such front end, or none that runs. */
export const findDialect = Effect.fnUntraced(function* ({
  subprocess,
}: Pick<ReadDependencies, "subprocess">): Effect.fn.Return<FoundDialect> {
  let complaint: string | undefined
  for (const program of programs) {
    const answer = yield* Effect.option(
      subprocess.run({ program, args: ["--version"], timeout: managerReadTimeout }),
    )
    if (Option.isNone(answer)) continue
    const dialect = dialectOf(program, answer.value.stdout)
    if (dialect !== undefined) return { dialect: Option.some(dialect) }
    complaint ??= `${program} does not run: ${lastWords(answer.value)}`
  }
  return { dialect: Option.none(), ...(complaint === undefined ? {} : { complaint }) }
})

/** The program, or the error of an operation that cannot do without. */
export const requireDialect = Effect.fnUntraced(function* (
  dependencies: Pick<ReadDependencies, "subprocess">,
): Effect.fn.Return<DnfDialect, ManagerError> {
  const { dialect, complaint } = yield* findDialect(dependencies)
  if (Option.isSome(dialect)) return dialect.value
  return yield* new ManagerError({
    manager: "dnf",
    operation: "detect",
    reason: complaint === undefined ? "not_available" : "failed",
    detail: complaint ?? "neither dnf, dnf5 nor yum is installed",
  })
})
