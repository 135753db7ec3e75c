import type { InstallUpdates, NameGlob, PackageSelection } from "../../domain/Command.ts"
import type { LeftOut } from "../../domain/InstallPlan.ts"
import type { InstalledPackage, PackageVersion } from "../../domain/Package.ts"
import type { AvailableUpdate, HoldbackReason } from "../../domain/Update.ts"
import { compare } from "../../version/deb.ts"
import type { PackagePolicy } from "./aptPolicy.ts"
import { aptName } from "./dpkgQuery.ts"

/** One installed package that shall move to exactly this version. */
export interface Target {
  readonly name: InstalledPackage["name"]
  readonly architecture: InstalledPackage["architecture"]
  readonly from: PackageVersion
  readonly to: PackageVersion
}

export interface Chosen {
  readonly targets: ReadonlyArray<Target>
  readonly leftOut: ReadonlyArray<LeftOut>
}

/** What is known of the host when a selection is read. */
export interface Known {
  readonly installed: ReadonlyArray<InstalledPackage>
  readonly updates: ReadonlyArray<AvailableUpdate>
  /** Version tables of the packages that the selection names, by the names apt prints. */
  readonly policies: ReadonlyMap<string, PackagePolicy>
  readonly native: string | undefined
}

const leave = (
  row: { readonly name: LeftOut["name"]; readonly from?: PackageVersion },
  wanted: PackageVersion | undefined,
  reason: LeftOut["reason"],
  detail?: string,
): LeftOut => ({
  manager: "apt",
  name: row.name,
  ...(row.from === undefined ? {} : { from: row.from }),
  ...(wanted === undefined ? {} : { wanted }),
  reason,
  ...(detail === undefined ? {} : { detail }),
})

/** Whether a pattern with `*` and `?` fits a whole package name. */
export const globMatches = (glob: NameGlob, name: string): boolean => {
  const pattern = glob.replaceAll(/[.+]/g, "\\$&").replaceAll("*", ".*").replaceAll("?", ".")
  return new RegExp(`^${pattern}$`).test(name)
}

/** One named package: an exact version overrides a phased roll-out, but no decision of this host's administrator. */
const chooseNamed = (
  wanted: PackageSelection,
  row: InstalledPackage,
  { policies, updates, native }: Known,
): Target | LeftOut => {
  const subject = { name: row.name, from: row.version }
  const order = compare(row.version, wanted.version)
  if (order === 0) return leave(subject, wanted.version, "already_current")
  if (order > 0) {
    return leave(subject, wanted.version, "already_current", `${row.version} is installed, which is newer`)
  }
  const policy = policies.get(aptName(row, native))
  const version = policy?.versions.find((known) => known.version === wanted.version)
  if (version === undefined) {
    const candidate = policy?.candidate === undefined ? "" : `; the candidate is ${policy.candidate}`
    return leave(subject, wanted.version, "unknown_version", `no repository offers it${candidate}`)
  }
  if (row.held === true) return leave(subject, wanted.version, "held")
  const pinned = updates.some(
    ({ name, architecture, to, installable }) =>
      name === row.name &&
      architecture === row.architecture &&
      to === wanted.version &&
      installable.answer === "no" &&
      installable.reason === "pinned",
  )
  if (pinned || version.priority < 0) {
    return leave(
      subject,
      wanted.version,
      "pinned",
      `a preference of this host gives it priority ${version.priority}`,
    )
  }
  return { name: row.name, architecture: row.architecture, from: row.version, to: wanted.version }
}

const isLeftOut = (choice: Target | LeftOut): choice is LeftOut => "reason" in choice

const sorted = (choices: ReadonlyArray<Target | LeftOut>): Chosen => ({
  targets: choices.filter((choice): choice is Target => !isLeftOut(choice)),
  leftOut: choices.filter(isLeftOut),
})

/** A foreign architecture may be named beside the package or, as apt does, in its name. */
const subjectOf = (selection: PackageSelection) => {
  const [name = "", qualifier] = selection.name.split(":")
  return { name, architecture: selection.architecture ?? qualifier }
}

/** The name under which apt answers for a selected package. */
export const askedName = (selection: PackageSelection, native: string | undefined): string => {
  const { name, architecture } = subjectOf(selection)
  const isForeign = architecture !== undefined && architecture !== native && architecture !== "all"
  return isForeign ? `${name}:${architecture}` : name
}

const chooseNamedAll = (wanted: ReadonlyArray<PackageSelection>, known: Known): Chosen => {
  const seen = new Set<string>()
  return sorted(
    wanted.flatMap((selection): ReadonlyArray<Target | LeftOut> => {
      const { name, architecture } = subjectOf(selection)
      const rows = known.installed.filter(
        (row) => row.name === name && (architecture === undefined || row.architecture === architecture),
      )
      if (rows.length === 0) {
        const exists = (known.policies.get(askedName(selection, known.native))?.versions.length ?? 0) > 0
        return [leave(selection, selection.version, exists ? "not_installed" : "unknown_package")]
      }
      return rows.map((row) => {
        const key = `${row.name}:${row.architecture}`
        if (seen.has(key)) return leave(row, selection.version, "conflict", "named more than once")
        seen.add(key)
        return chooseNamed(selection, row, known)
      })
    }),
  )
}

/** Reasons that concern the newest version only, and may not hold for the security update that it hides. */
const ofNewestOnly: ReadonlySet<HoldbackReason> = new Set([
  "phased",
  "conflict",
  "needs_new_dependency",
  "needs_removal",
])

const chooseUpdate = (
  update: AvailableUpdate,
  kind: "security" | "all",
  allowRemovals: boolean,
): Target | LeftOut => {
  const { security, installable, name, architecture, from } = update
  if (kind === "security" && security.verdict !== "yes") {
    const unknown =
      security.verdict === "unknown" ? "its repository does not say what is a security update" : undefined
    return leave(update, update.to, "not_security", unknown)
  }
  const hidden = kind === "security" && security.fixedIn !== undefined && security.fixedIn !== update.to
  const to = hidden && security.fixedIn !== undefined ? security.fixedIn : update.to
  if (installable.answer === "no") {
    const { reason } = installable
    const goesAhead =
      reason === "needs_new_dependency" ||
      (reason === "needs_removal" && allowRemovals) ||
      (hidden && ofNewestOnly.has(reason))
    if (!goesAhead) return leave(update, to, reason, installable.detail)
  }
  return { name, architecture, from, to }
}

/** Reads a selection against what is installed and offered: what to try for, and why not for the rest. */
export const chooseTargets = (request: InstallUpdates, known: Known): Chosen => {
  const { selection } = request
  const chosen =
    selection.kind === "packages"
      ? chooseNamedAll(selection.packages, known)
      : sorted(
          known.updates.map((update) =>
            chooseUpdate(update, selection.kind, request.allow_removals ?? false),
          ),
        )
  const excluded = (name: string) => request.exclude?.find((glob) => globMatches(glob, name))
  return {
    targets: chosen.targets.filter(({ name }) => excluded(name) === undefined),
    leftOut: [
      ...chosen.leftOut,
      ...chosen.targets.flatMap((target) => {
        const glob = excluded(target.name)
        return glob === undefined ? [] : [leave(target, target.to, "excluded_by_policy", `matches ${glob}`)]
      }),
    ],
  }
}

/** A target that turned out not to be possible. */
export const leaveTarget = (target: Target, reason: HoldbackReason, detail: string): LeftOut =>
  leave(target, target.to, reason, detail)
