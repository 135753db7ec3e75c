import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import type { PackageName } from "../../domain/Package.ts"
import type { SubprocessResult } from "../../host/Subprocess.ts"
import { outputLines } from "../outputLines.ts"
import type { ReadDependencies } from "../preflight.ts"
import { listUpgradable, policies, queryPackages, queryUpgradable } from "./apkCommands.ts"
import { splitPackage } from "./apkInterruption.ts"
import { apkFailure, notRun } from "./apkFailure.ts"
import { repositoryName } from "./apkMessages.ts"
import { parsePolicies } from "./apkPolicy.ts"
import type { Generation } from "./apkRepositories.ts"

/** One version of a package that repositories offer. */
export interface Offer {
  readonly name: string
  readonly version: string
  readonly repositories: ReadonlyArray<string>
  /** Only apk 3 tells sizes. */
  readonly downloadBytes?: number
  readonly installedBytes?: number
}

export interface Offers {
  readonly offers: ReadonlyArray<Offer>
  readonly notUnderstood: number
  /** Its stderr names repositories that could not be read; its stdout may be cut short. */
  readonly result: SubprocessResult
}

const Size = Schema.optionalKey(Schema.Int.check(Schema.isGreaterThanOrEqualTo(0)))

const QueryRow = Schema.Struct({
  name: Schema.String,
  version: Schema.String,
  repositories: Schema.Array(Schema.String),
  "file-size": Size,
  "installed-size": Size,
})

const decodeRows = Schema.decodeUnknownOption(Schema.fromJsonString(Schema.Array(Schema.Unknown)))
const decodeRow = Schema.decodeUnknownOption(QueryRow)

/** apk 3 calls the database of installed packages a repository, by its folder. */
const isRepository = (name: string) => !name.startsWith("lib/apk/db")

/** Reads `apk query --format json`. Of an answer that is no JSON as a whole, every line counts as not understood. */
export const parseQuery = (stdout: string): Pick<Offers, "offers" | "notUnderstood"> => {
  const rows = decodeRows(stdout)
  if (Option.isNone(rows)) return { offers: [], notUnderstood: Math.max(1, [...outputLines(stdout)].length) }
  const offers = rows.value.flatMap((value): ReadonlyArray<Offer> =>
    Option.toArray(decodeRow(value)).map((row) => ({
      name: row.name,
      version: row.version,
      repositories: row.repositories.filter(isRepository).map(repositoryName),
      ...(row["file-size"] === undefined ? {} : { downloadBytes: row["file-size"] }),
      ...(row["installed-size"] === undefined ? {} : { installedBytes: row["installed-size"] }),
    })),
  )
  return { offers, notUnderstood: rows.value.length - offers.length }
}

/** `NAME-VERSION ARCH {ORIGIN} (LICENCE) [upgradable from: NAME-VERSION]` */
const listLine = /^(\S+) [^\s]+ \{[^}]*\} \(.*\)(?: \[[^\]]+\])?$/

/** Reads `apk list`. It does not tell the repositories. */
export const parseList = (stdout: string): Pick<Offers, "offers" | "notUnderstood"> => {
  const offers: Array<Offer> = []
  let notUnderstood = 0
  for (const line of outputLines(stdout)) {
    const found = splitPackage(listLine.exec(line)?.[1] ?? "")
    if (found === undefined) notUnderstood += 1
    else offers.push({ ...found, repositories: [] })
  }
  return { offers, notUnderstood }
}

/** Every newer version that the repositories of an installed package offer, installable or not. */
export const collectUpgradable = Effect.fnUntraced(function* (
  { subprocess }: ReadDependencies,
  generation: Generation,
) {
  const request = generation === 2 ? listUpgradable : queryUpgradable
  const result = yield* subprocess.run(request).pipe(notRun("updates"))
  if (result.exitCode !== 0) return yield* apkFailure("updates", result)
  const parse = generation === 2 ? parseList : parseQuery
  const listing: Offers = { ...parse(result.stdout), result }
  return listing
})

/** All versions of some packages, with their repositories and tags. */
export const collectPolicies = Effect.fnUntraced(function* (
  { subprocess }: ReadDependencies,
  operation: string,
  names: ReadonlyArray<PackageName>,
) {
  if (names.length === 0) return parsePolicies("")
  const result = yield* subprocess.run(policies(names)).pipe(notRun(operation))
  return result.exitCode === 0 ? parsePolicies(result.stdout) : yield* apkFailure(operation, result)
})

/** All versions of some packages with their sizes (apk 3). */
export const collectSizes = Effect.fnUntraced(function* (
  { subprocess }: ReadDependencies,
  names: ReadonlyArray<PackageName>,
) {
  const result = yield* subprocess.run(queryPackages(names)).pipe(notRun("plan"))
  return parseQuery(result.stdout).offers
})
