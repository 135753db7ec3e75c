import * as DateTime from "effect/DateTime"
import type { Security } from "../../domain/Update.ts"
import { normalVersion } from "../rpm/nevra.ts"
import { dependenciesIn } from "./zypperInfo.ts"
import { messagesOf, within, type Element, type ZypperStream } from "./zypperStream.ts"

type Evidence = Security["evidence"][number]

/** One patch (advisory) that this host lacks. */
export interface Patch {
  readonly name: string
  readonly advisory: NonNullable<Evidence["advisory"]>
  readonly severity: string
  readonly cves: ReadonlyArray<string>
  readonly restart?: NonNullable<Evidence["restart"]>
  /** zypper keeps all others back until this one is installed. */
  readonly goesFirst: boolean
  readonly issuedAt?: DateTime.Utc
}

/** A vendor's word for what a patch is for. SUSE's are the first of each line. */
const advisories: ReadonlyMap<string, Patch["advisory"]> = new Map([
  ["security", "security"],
  ["recommended", "bugfix"],
  ["bugfix", "bugfix"],
  ["optional", "enhancement"],
  ["feature", "enhancement"],
  ["enhancement", "enhancement"],
  ["newpackage", "enhancement"],
])

const restartOf = ({ pkgmanager, restart }: Element["attributes"]): Pick<Patch, "restart"> => {
  if (restart === "true") return { restart: "reboot" }
  return pkgmanager === "true" ? { restart: "package_manager" } : {}
}

const issuedAt = (element: Element): Pick<Patch, "issuedAt"> => {
  const seconds = within(element, "issue-date")[0]?.attributes["time_t"]
  return seconds !== undefined && /^[1-9]\d{0,10}$/.test(seconds)
    ? { issuedAt: DateTime.makeUnsafe(Number(seconds) * 1000) }
    : {}
}

/**
 * Reads `zypper list-patches`, the blocked ones among them. One that an administrator has locked still says what it is
 * about, but no longer goes first. A patch that two repositories carry is one.
 */
export const parsePatches = ({
  elements,
}: ZypperStream): { readonly patches: ReadonlyArray<Patch>; readonly notUnderstood: number } => {
  const patches = new Map<string, Patch>()
  let notUnderstood = 0
  for (const element of elements) {
    const { attributes } = element
    if (element.name !== "update" || attributes["kind"] !== "patch") continue
    const { name, category, severity, status, pkgmanager } = attributes
    if (name === undefined || !/^[^\s-]\S*$/.test(name) || category === undefined) {
      notUnderstood += 1
      continue
    }
    patches.set(name, {
      name,
      advisory: advisories.get(category.toLowerCase()) ?? "other",
      severity: severity ?? "unspecified",
      cves: within(element, "issue").flatMap(({ attributes: { type, id } }) =>
        type?.toLowerCase() === "cve" && id !== undefined ? [id] : [],
      ),
      ...restartOf(attributes),
      goesFirst: pkgmanager === "true" && status !== "unwanted",
      ...issuedAt(element),
    })
  }
  return { patches: [...patches.values()], notUnderstood }
}

/** A patch is in conflict with every package that is older than the version it brings. */
export interface Fix {
  readonly patch: string
  readonly version: string
}

export interface Fixes {
  /** By `name` or `name.arch`, as the patch has it. */
  readonly byPackage: ReadonlyMap<string, ReadonlyArray<Fix>>
  readonly notUnderstood: number
}

/**
 * Reads `zypper info --type patch`, which has no XML of its own: one message for each patch. Its conflicts say which
 * package is fixed in which version: `kernel-default.x86_64 < 6.4.0-150600.23.7.3`. Source packages and products among
 * them concern nothing that is installed.
 */
export const parsePatchDetails = (stream: ZypperStream): Fixes => {
  const byPackage = new Map<string, Array<Fix>>()
  let notUnderstood = 0
  for (const text of messagesOf(stream, "info")) {
    const [, patch] = /^Name +: (\S+)$/m.exec(text) ?? []
    if (patch === undefined) continue
    const conflicts = dependenciesIn(text, "Conflicts")
    if (conflicts === undefined) notUnderstood += 1
    for (const conflict of conflicts ?? []) {
      const [, name, operator, edition = ""] = /^(\S+)(?: (<|<=|=|>=|>) (\S+))?$/.exec(conflict) ?? []
      const version = normalVersion(edition)
      if (name === undefined) notUnderstood += 1
      else if (operator === "<" && version !== undefined && !name.includes(":")) {
        byPackage.set(name, [...(byPackage.get(name) ?? []), { patch, version }])
      }
    }
  }
  return { byPackage, notUnderstood }
}
