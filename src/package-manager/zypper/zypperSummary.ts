import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import { Architecture, PackageName, PackageVersion } from "../../domain/Package.ts"
import { normalVersion } from "../rpm/nevra.ts"
import type { Element, ZypperStream } from "./zypperStream.ts"

/** One package of a plan, in the one spelling of versions. */
export interface Solvable {
  readonly name: PackageName
  readonly architecture: Architecture
  readonly version: PackageVersion
  /** What is installed in its place. */
  readonly from?: { readonly version: PackageVersion; readonly architecture: Architecture }
  /** Alias; 1.14.42 does not say. */
  readonly repository?: string
}

const lists = ["to-upgrade", "to-install", "to-remove", "to-downgrade", "to-reinstall"] as const

/** What zypper says it would do. */
export interface Summary {
  readonly upgrades: ReadonlyArray<Solvable>
  /** Also further versions of what may be there several times over, such as kernels. */
  readonly installs: ReadonlyArray<Solvable>
  readonly removals: ReadonlyArray<Solvable>
  /** Downgraded, or installed once more as they are. */
  readonly others: ReadonlyArray<Solvable>
  /** Names of those that another vendor's package would take the place of. */
  readonly newVendors: ReadonlySet<string>
  readonly downloadBytes: number
  readonly installedSizeChangeBytes?: number
  /** Absent where this zypper does not know. */
  readonly needsReboot?: boolean
  readonly notUnderstood: number
}

const Row = Schema.Struct({
  name: PackageName,
  architecture: Architecture,
  version: PackageVersion,
  from: Schema.optionalKey(Schema.Struct({ version: PackageVersion, architecture: Architecture })),
})
const decodeRow = Schema.decodeUnknownOption(Row)

const solvable = ({ attributes }: Element): Option.Option<Solvable> => {
  const { name, arch, edition = "", repository } = attributes
  const old = attributes["edition-old"]
  const from =
    old === undefined
      ? {}
      : { from: { version: normalVersion(old), architecture: attributes["arch-old"] ?? arch } }
  return Option.map(
    decodeRow({ name, architecture: arch, version: normalVersion(edition), ...from }),
    (row) => (repository === undefined ? row : { ...row, repository }),
  )
}

const integer = (text: string | undefined): number | undefined =>
  text !== undefined && /^-?\d{1,15}$/.test(text) ? Number(text) : undefined

/**
 * Reads the `install-summary` of a run, dry or not; undefined when there is none. Patches, patterns and products,
 * which have no files, are left out.
 */
export const parseSummary = ({ elements, unknownChanges }: ZypperStream): Summary | undefined => {
  const head = elements.find(({ name }) => name === "install-summary")
  if (head === undefined) return undefined
  const found = new Map<string, Array<Solvable>>(lists.map((list) => [list, []]))
  const newVendors = new Set<string>()
  let notUnderstood = unknownChanges
  for (const element of elements) {
    if (element.name !== "solvable" || element.attributes["type"] !== "package") continue
    if (element.parent === "to-change-vendor") newVendors.add(element.attributes["name"] ?? "")
    const list = found.get(element.parent)
    // What changes its architecture or vendor is in another list too, and what failed is not planned.
    if (list === undefined) continue
    const row = solvable(element)
    if (Option.isSome(row)) list.push(row.value)
    else notUnderstood += 1
  }
  const of = (list: (typeof lists)[number]) => found.get(list) ?? []
  const change = integer(head.attributes["space-usage-diff"])
  const reboot = head.attributes["need-reboot"]
  return {
    upgrades: of("to-upgrade"),
    installs: of("to-install"),
    removals: of("to-remove"),
    others: [...of("to-downgrade"), ...of("to-reinstall")],
    newVendors,
    downloadBytes: Math.max(0, integer(head.attributes["download-size"]) ?? 0),
    ...(change === undefined ? {} : { installedSizeChangeBytes: change }),
    ...(reboot === undefined ? {} : { needsReboot: reboot === "1" }),
    notUnderstood,
  }
}
