import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import type { InstalledPackage } from "../../domain/Package.ts"
import { AvailableUpdate, type HoldbackReason, type Installable } from "../../domain/Update.ts"
import { compare } from "../../version/rpm.ts"
import { normalVersion } from "../rpm/nevra.ts"
import type { Objection } from "../updateSelection.ts"
import { verdictOn, type Advisories, type Brought } from "./zypperSecurity.ts"
import type { ZypperStream } from "./zypperStream.ts"
import type { Solvable, Summary } from "./zypperSummary.ts"

/** An installed package and a newer version of it. `architecture` is that of what is installed. */
export interface Newer {
  readonly name: string
  readonly architecture: string
  readonly from: string
  readonly to: string
  /** Alias, where zypper said which. */
  readonly repository?: string
}

export const keyOf = ({ name, architecture }: Pick<Newer, "name" | "architecture">): string =>
  `${name}.${architecture}`

/** Reads `zypper list-updates --all`. Rows for an architecture of the same version are no updates. */
export const parseUpdates = ({
  elements,
}: ZypperStream): { readonly rows: ReadonlyArray<Newer>; readonly notUnderstood: number } => {
  const rows: Array<Newer> = []
  let notUnderstood = 0
  for (const { name: element, attributes, children } of elements) {
    if (element !== "update" || attributes["kind"] !== "package") continue
    const { name, edition, arch } = attributes
    const old = attributes["edition-old"]
    const architecture = attributes["arch-old"] ?? arch
    if (old === undefined && attributes["arch-old"] !== undefined) continue
    const from = normalVersion(old ?? "")
    const to = normalVersion(edition ?? "")
    if (name === undefined || architecture === undefined || from === undefined || to === undefined) {
      notUnderstood += 1
      continue
    }
    if (compare(from, to) >= 0) continue
    const repository = children.find((child) => child.name === "source")?.attributes["alias"]
    rows.push({ name, architecture, from, to, ...(repository === undefined ? {} : { repository }) })
  }
  return { rows, notUnderstood }
}

/** What zypper would update by itself, kernels that come beside the present ones among them. */
export const plannedUpdates = (
  summary: Summary,
  installed: ReadonlyArray<InstalledPackage>,
): ReadonlyArray<Newer> => {
  const newest = new Map<string, InstalledPackage>()
  for (const row of installed) {
    const other = newest.get(keyOf(row))
    if (other === undefined || compare(row.version, other.version) > 0) newest.set(keyOf(row), row)
  }
  const newer = (
    row: Solvable,
    from: { readonly version: string; readonly architecture: string },
  ): Newer => ({
    name: row.name,
    architecture: from.architecture,
    from: from.version,
    to: row.version,
    ...(row.repository === undefined ? {} : { repository: row.repository }),
  })
  return [
    ...summary.upgrades.flatMap((row) => (row.from === undefined ? [] : [newer(row, row.from)])),
    ...summary.installs.flatMap((row) => {
      const from = newest.get(keyOf(row))
      return from === undefined ? [] : [newer(row, from)]
    }),
  ]
}

/**
 * New packages that take the place of installed ones: updates of these under another name. From the version of what
 * goes to that of what comes.
 */
export const replacements = (
  { installs, removals }: Summary,
  obsoletes: ReadonlyMap<string, ReadonlyArray<string>>,
): ReadonlyArray<Newer & { readonly replaces: string }> =>
  installs.flatMap((row) => {
    const old = removals.find(({ name }) => obsoletes.get(row.name)?.includes(name) === true)
    return old === undefined
      ? []
      : [
          {
            name: row.name,
            architecture: row.architecture,
            from: old.version,
            to: row.version,
            replaces: old.name,
            ...(row.repository === undefined ? {} : { repository: row.repository }),
          },
        ]
  })

/** Names of packages that an update of everything would bring in for the first time. */
export const newNames = (
  summary: Summary,
  installed: ReadonlyArray<InstalledPackage>,
): ReadonlyArray<string> => {
  const known = new Set(installed.map(({ name }) => name as string))
  return summary.installs.map(({ name }) => name as string).filter((name) => !known.has(name))
}

/** Everything that is known of the updates, before each is judged. */
export interface Situation {
  /** What zypper would do by itself, or why it would do nothing at all. */
  readonly planned: ReadonlyMap<string, Newer> | { readonly refusal: string }
  /** What stands in the way of those that are not planned. */
  readonly objections: ReadonlyMap<string, Objection>
  /** `name-version` of what requires a package that is not installed yet. */
  readonly needNewPackages: ReadonlySet<string>
  /** The patch that zypper wants to see installed before all others, if it can be. */
  readonly goesFirst: string | undefined
  readonly advisories: Advisories
  /** Whether a repository says what its updates are for. */
  readonly hasAdvisories: (repository: string) => boolean
}

const no = (reason: HoldbackReason, detail: string): Installable => ({ answer: "no", reason, detail })

const judge = (entry: Newer, brought: ReadonlyArray<Brought>, situation: Situation): Installable => {
  const { planned, objections, needNewPackages, goesFirst } = situation
  const own = objections.get(keyOf(entry))
  if (own !== undefined) return no(own.reason, own.detail)
  if ("refusal" in planned) return no("blocked_by_manager", `zypper plans nothing: ${planned.refusal}`)
  if (planned.get(keyOf(entry)) === undefined) return no("conflict", "zypper keeps it back")
  if (goesFirst !== undefined && !brought.some(({ patch }) => patch.goesFirst)) {
    return no("blocked_by_manager", `zypper installs its own update first: ${goesFirst}`)
  }
  return needNewPackages.has(`${entry.name}-${entry.to}`)
    ? no("needs_new_dependency", "it needs packages that are not installed yet")
    : { answer: "yes" }
}

const decodeUpdate = Schema.decodeUnknownOption(AvailableUpdate)

/** One update with all that is known of it. */
export interface Evaluated extends Newer {
  readonly brought: ReadonlyArray<Brought>
  /** Aliases, or names that several repositories have. */
  readonly repositories: ReadonlyArray<string>
  /** With a fix that an older version than `to` has: that version. */
  readonly fixedIn?: string
}

/** One row of the listing. None when a name or version is not one that may be sent. */
export const availableUpdate = (entry: Evaluated, situation: Situation): Option.Option<AvailableUpdate> =>
  decodeUpdate({
    manager: "zypper",
    name: entry.name,
    architecture: entry.architecture,
    from: entry.from,
    to: entry.to,
    origins: entry.repositories.map((id) => ({ id })),
    security: {
      ...verdictOn(
        entry.brought,
        situation.advisories,
        entry.repositories.some((id) => situation.hasAdvisories(id)),
      ),
      ...(entry.fixedIn === undefined ? {} : { fixedIn: entry.fixedIn }),
    },
    installable: judge(entry, entry.brought, situation),
  })
