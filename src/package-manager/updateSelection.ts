import type { InstallUpdates, NameGlob, PackageSelection } from "../domain/Command.ts"
import type { LeftOut } from "../domain/InstallPlan.ts"
import type { InstalledPackage, ManagerId, PackageVersion } from "../domain/Package.ts"
import type { AvailableUpdate, HoldbackReason } from "../domain/Update.ts"

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

/** Why a change that was asked for is left out. `detail` is for people. */
export interface Objection {
  readonly reason: HoldbackReason
  readonly detail: NonNullable<LeftOut["detail"]>
}

/** What the repositories offer of one package. */
export interface Offers {
  /** What the manager would install by itself. */
  readonly candidate?: string
  readonly versions: ReadonlyArray<{
    readonly version: string
    /** A decision of this host's administrator against it, in words; only a manager's policy knows these. */
    readonly forbidden?: string
  }>
}

/** What is known of the host when a selection is read. */
export interface Known {
  readonly manager: ManagerId
  /** The order of the manager's versions. */
  readonly compare: (a: string, b: string) => -1 | 0 | 1
  readonly installed: ReadonlyArray<InstalledPackage>
  readonly updates: ReadonlyArray<AvailableUpdate>
  /** For the packages that the selection names; undefined for a name that no repository has. */
  readonly offersOf: (name: string, architecture: string | undefined) => Offers | undefined
}

type Subject = { readonly name: LeftOut["name"]; readonly from?: PackageVersion }

const leave = (
  manager: ManagerId,
  row: Subject,
  wanted: PackageVersion | undefined,
  reason: LeftOut["reason"],
  detail?: string,
): LeftOut => ({
  manager,
  name: row.name,
  ...(row.from === undefined ? {} : { from: row.from }),
  ...(wanted === undefined ? {} : { wanted }),
  reason,
  ...(detail === undefined ? {} : { detail }),
})

/**
 * Whether a pattern with `*` and `?` fits a whole package name. Goes back to the last `*` only, so that no pattern takes
 * longer than its length times that of the name.
 */
export const globMatches = (glob: NameGlob, name: string): boolean => {
  let at = 0
  let star: { readonly glob: number; readonly name: number } | undefined
  let position = 0
  while (position < name.length) {
    const wanted = glob[at]
    if (wanted === "*") {
      star = { glob: at, name: position }
      at += 1
    } else if (wanted === "?" || wanted === name[position]) {
      at += 1
      position += 1
    } else if (star !== undefined) {
      star = { glob: star.glob, name: star.name + 1 }
      at = star.glob + 1
      position = star.name
    } else return false
  }
  return /^\**$/.test(glob.slice(at))
}

/** One named package: an exact version overrides a phased roll-out, but no decision of this host's administrator. */
const chooseNamed = (
  wanted: PackageSelection,
  row: InstalledPackage,
  { manager, compare, offersOf, updates }: Known,
): Target | LeftOut => {
  const leaveOut = (reason: LeftOut["reason"], detail?: string) =>
    leave(manager, { name: row.name, from: row.version }, wanted.version, reason, detail)
  const order = compare(row.version, wanted.version)
  if (order === 0) return leaveOut("already_current")
  if (order > 0) return leaveOut("already_current", `${row.version} is installed, which is newer`)
  const offers = offersOf(row.name, row.architecture)
  const version = offers?.versions.find((known) => known.version === wanted.version)
  if (version === undefined) {
    const candidate = offers?.candidate === undefined ? "" : `; the candidate is ${offers.candidate}`
    return leaveOut("unknown_version", `no repository offers it${candidate}`)
  }
  if (row.held === true) return leaveOut("held")
  const pinned = updates.some(
    ({ name, architecture, to, installable }) =>
      name === row.name &&
      architecture === row.architecture &&
      to === wanted.version &&
      installable.answer === "no" &&
      installable.reason === "pinned",
  )
  if (pinned || version.forbidden !== undefined) {
    return leaveOut("pinned", version.forbidden ?? "a preference of this host is against it")
  }
  return { name: row.name, architecture: row.architecture, from: row.version, to: wanted.version }
}

const isLeftOut = (choice: Target | LeftOut): choice is LeftOut => "reason" in choice

const sorted = (choices: ReadonlyArray<Target | LeftOut>): Chosen => ({
  targets: choices.filter((choice): choice is Target => !isLeftOut(choice)),
  leftOut: choices.filter(isLeftOut),
})

/** A foreign architecture may be named beside the package or, as apt does, in its name. */
export const selectedPackage = (selection: PackageSelection) => {
  const [name = "", qualifier] = selection.name.split(":")
  return { name, architecture: selection.architecture ?? qualifier }
}

/** Of several versions installed side by side, such as kernels, the newest of each architecture. */
const newestOnly = (
  rows: ReadonlyArray<InstalledPackage>,
  compare: Known["compare"],
): ReadonlyArray<InstalledPackage> =>
  rows.filter(
    (row) =>
      !rows.some(
        (other) => other.architecture === row.architecture && compare(other.version, row.version) > 0,
      ),
  )

const chooseNamedAll = (wanted: ReadonlyArray<PackageSelection>, known: Known): Chosen => {
  const { manager, compare, installed, offersOf } = known
  const seen = new Set<string>()
  return sorted(
    wanted.flatMap((selection): ReadonlyArray<Target | LeftOut> => {
      const { name, architecture } = selectedPackage(selection)
      const rows = newestOnly(
        installed.filter(
          (row) => row.name === name && (architecture === undefined || row.architecture === architecture),
        ),
        compare,
      )
      if (rows.length === 0) {
        const exists = (offersOf(name, architecture)?.versions.length ?? 0) > 0
        return [leave(manager, selection, selection.version, exists ? "not_installed" : "unknown_package")]
      }
      return rows.map((row) => {
        const key = `${row.name}:${row.architecture}`
        if (seen.has(key)) return leave(manager, row, selection.version, "conflict", "named more than once")
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
    return leave(update.manager, update, update.to, "not_security", unknown)
  }
  const hidden = kind === "security" && security.fixedIn !== undefined && security.fixedIn !== update.to
  const to = hidden && security.fixedIn !== undefined ? security.fixedIn : update.to
  if (installable.answer === "no") {
    const { reason } = installable
    const goesAhead =
      reason === "needs_new_dependency" ||
      (reason === "needs_removal" && allowRemovals) ||
      (hidden && ofNewestOnly.has(reason))
    if (!goesAhead) return leave(update.manager, update, to, reason, installable.detail)
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
        return glob === undefined
          ? []
          : [leaveTarget(known.manager, target, "excluded_by_policy", `matches ${glob}`)]
      }),
    ],
  }
}

/** A target that turned out not to be possible. */
export const leaveTarget = (
  manager: ManagerId,
  target: Target,
  reason: HoldbackReason,
  detail: string,
): LeftOut => leave(manager, target, target.to, reason, detail)
