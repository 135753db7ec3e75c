import { parse as parseEvr } from "../../version/evr.ts"

/** What tells one rpm package from every other. */
export interface Nevra {
  readonly name: string
  readonly architecture: string
  /** `[epoch:]version-release`, without an epoch of 0. */
  readonly version: string
}

const withoutZeros = (epoch: string): string => epoch.replace(/^0+/, "")

/**
 * The one spelling of a version: an epoch of 0, which is the same as none, is left out. rpm prints `(none)` for a
 * missing tag.
 */
export const versionText = (epoch: string, version: string, release: string): string => {
  const shown = epoch === "(none)" ? "" : withoutZeros(epoch)
  return `${shown === "" ? "" : `${shown}:`}${version}-${release}`
}

/** `[epoch:]version-release` in the one spelling, whichever way a tool writes an epoch of 0; undefined without a release. */
export const normalVersion = (text: string): string | undefined => {
  const { epoch, version, release } = parseEvr(text)
  return version === "" || release === undefined || release === ""
    ? undefined
    : versionText(epoch, version, release)
}

/**
 * Takes `name-[epoch:]version-release.arch` apart, also as dnf4 prints it with the epoch first: `1:name-version-release.arch`.
 * Neither version nor release holds a hyphen, and the architecture no dot, so it is read from the end. Undefined for
 * anything else, such as a line of words.
 */
export const parseNevra = (text: string): Nevra | undefined => {
  const [, first, name, epoch, version = "", release = "", architecture] =
    /^(?:(\d+):)?([^\s:]+)-(?:(\d+):)?([^\s:-]+)-([^\s:-]+)\.([A-Za-z0-9_]+)$/.exec(text) ?? []
  if (name === undefined || architecture === undefined) return undefined
  if (first !== undefined && epoch !== undefined) return undefined
  return { name, architecture, version: versionText(epoch ?? first ?? "", version, release) }
}

/** `name-[epoch:]version-release.arch`, as every tool of the family takes it. */
export const formatNevra = ({ name, architecture, version }: Nevra): string =>
  `${name}-${version}.${architecture}`
