import * as Effect from "effect/Effect"
import type { ManagerId } from "../../domain/Package.ts"
import { managerReadTimeout } from "../../schedules.ts"
import { notRunBy } from "../managerFailure.ts"
import { outputLines } from "../outputLines.ts"
import type { ManagerError } from "../PackageManager.ts"
import type { ReadDependencies } from "../preflight.ts"
import { parseSourceRpm } from "./rpmQuery.ts"

/** What a package says about itself, where it says so. */
export interface RpmDetails {
  readonly source?: string
  readonly section?: string
  readonly installedSizeBytes?: number
  readonly homepage?: string
  readonly summary?: string
}

/** A package that is not installed is a line of words on stdout. */
const format = ["NAME", "SOURCERPM", "GROUP", "SIZE", "URL", "SUMMARY"].map((tag) => `%{${tag}}`).join("\\t")

const known = (value: string | undefined) =>
  value === undefined || value === "" || value === "(none)" ? undefined : value

/** The details of one record, from the fields of a query; `(none)` is what a package does not say. */
export const detailsOf = (fields: {
  readonly sourceRpm?: string | undefined
  readonly group?: string | undefined
  readonly size?: string | undefined
  readonly url?: string | undefined
  readonly summary?: string | undefined
}): RpmDetails => {
  const source = parseSourceRpm(fields.sourceRpm ?? "")?.source
  const group = known(fields.group)
  const url = known(fields.url)
  const summary = known(fields.summary)
  return {
    ...(source === undefined ? {} : { source }),
    // What rpm says where a package has no group.
    ...(group === undefined || group === "Unspecified" ? {} : { section: group }),
    ...(/^\d{1,15}$/.test(fields.size ?? "") ? { installedSizeBytes: Number(fields.size) } : {}),
    ...(url === undefined ? {} : { homepage: url }),
    ...(summary === undefined ? {} : { summary }),
  }
}

/** The details of those of these packages that are installed, by name; of several versions the last one's. */
export const collectRpmDetails = Effect.fnUntraced(function* (
  { subprocess }: ReadDependencies,
  manager: ManagerId,
  operation: string,
  names: ReadonlyArray<string>,
): Effect.fn.Return<ReadonlyMap<string, RpmDetails>, ManagerError> {
  const { stdout } = yield* subprocess
    .run({
      program: "rpm",
      args: ["--query", "--queryformat", `${format}\\n`, "--", ...names],
      timeout: managerReadTimeout,
    })
    .pipe(notRunBy(manager)(operation))
  const details = new Map<string, RpmDetails>()
  for (const line of outputLines(stdout)) {
    const [name = "", sourceRpm, group, size, url, ...summary] = line.split("\t")
    if (summary.length > 0)
      details.set(name, detailsOf({ sourceRpm, group, size, url, summary: summary.join(" ") }))
  }
  return details
})
