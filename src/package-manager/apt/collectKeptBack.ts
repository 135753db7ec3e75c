import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import { PackageVersion } from "../../domain/Package.ts"
import type { Wanted } from "../applyPlan.ts"
import { notRun } from "./aptFailure.ts"
import { urisOf } from "./aptInstall.ts"
import type { Newer } from "./aptNewer.ts"
import { archivesOf, parseUris, type Archives } from "./aptUris.ts"
import type { AptReadDependencies } from "./collectIndexes.ts"

const decodeVersion = Schema.decodeUnknownOption(PackageVersion)

/** Each question costs a run of the solver, and a host with more packages that are stuck has another problem. */
const mostQuestions = 8

/**
 * What apt would install if it were named, of packages that even `dist-upgrade` keeps back: the solver of apt 3.3
 * removes nothing for an upgrade that nobody asked for by name. Asked all at once and, if that cannot be, one by one.
 */
export const collectKeptBack = Effect.fnUntraced(function* (
  { subprocess }: AptReadDependencies,
  keptBack: ReadonlyArray<Newer>,
) {
  const targets = keptBack.flatMap(({ row, target }) =>
    Option.toArray(
      Option.map(decodeVersion(target.version), (to) => ({
        name: row.name,
        architecture: row.architecture,
        to,
      })),
    ),
  )
  const ask = Effect.fnUntraced(function* (wanted: Wanted["targets"]) {
    const result = yield* subprocess.run(urisOf(wanted)).pipe(notRun("updates"))
    return result.exitCode === 0 ? archivesOf(parseUris(result.stdout).files).archives : undefined
  })
  const nothing: Archives = new Map()
  if (targets.length === 0) return nothing
  const together = yield* ask(targets)
  if (together !== undefined) return together
  if (targets.length === 1) return nothing
  const alone = yield* Effect.forEach(targets.slice(0, mostQuestions), (target) => ask([target]))
  const merged: Archives = new Map(alone.flatMap((archives) => [...(archives ?? nothing)]))
  return merged
})
