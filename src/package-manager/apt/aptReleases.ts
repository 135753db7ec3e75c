import * as DateTime from "effect/DateTime"
import * as Option from "effect/Option"

/** What a repository says about itself in its Release file. */
export interface ReleaseFile {
  readonly origin?: string
  readonly label?: string
  readonly suite?: string
  readonly codename?: string
  /** When the file was made: all that it lists was published by then. */
  readonly date?: DateTime.Utc
  /** After this moment the file is no longer to be trusted to be the newest. */
  readonly validUntil?: DateTime.Utc
  /** Nothing is installed from here unless it is asked for, as with backports. */
  readonly notAutomatic: boolean
}

const releaseField = /^(Origin|Label|Suite|Codename|Date|Valid-Until|NotAutomatic):[ \t]*(\S.*?)\s*$/gim

/** `Sat, 28 Nov 2026 00:53:02 UTC`: a zone that JavaScript knows by its old name only. */
const momentOf = (text: string | undefined): DateTime.Utc | undefined =>
  Option.getOrUndefined(Option.map(DateTime.make(text?.replace(/ UTC$/, " GMT") ?? ""), DateTime.toUtc))

/** The fields of a Release or InRelease file (deb822, in the latter between PGP armour). */
export const parseRelease = (text: string): ReleaseFile => {
  const fields = new Map<string, string>()
  for (const [, name = "", value = ""] of text.matchAll(releaseField)) {
    const key = name.toLowerCase()
    if (!fields.has(key)) fields.set(key, value)
  }
  const [origin, label, suite, codename] = ["origin", "label", "suite", "codename"].map((key) =>
    fields.get(key),
  )
  const date = momentOf(fields.get("date"))
  const validUntil = momentOf(fields.get("valid-until"))
  return {
    ...(origin === undefined ? {} : { origin }),
    ...(label === undefined ? {} : { label }),
    ...(suite === undefined ? {} : { suite }),
    ...(codename === undefined ? {} : { codename }),
    ...(date === undefined ? {} : { date }),
    ...(validUntil === undefined ? {} : { validUntil }),
    notAutomatic: fields.get("notautomatic")?.toLowerCase() === "yes",
  }
}

/** The Release file behind one of apt's descriptions of an index; undefined for a repository without one. */
export type ReleaseOf = (index: string) => ReleaseFile | undefined

/**
 * Finds the Release file of an index by its description, `SITE SUITE/COMPONENT ARCH Packages` or, for a repository
 * without suites, `SITE FOLDER/ Packages`. `releases` are keyed by the address of the folder they lie in.
 */
export const releaseFinder = (releases: ReadonlyMap<string, ReleaseFile>): ReleaseOf => {
  const known = new Map<string, ReleaseFile | undefined>()
  const find = (index: string): ReleaseFile | undefined => {
    const [site = "", place = ""] = index.split(" ")
    const addresses = [`${site}/dists/${place}/`, `${site.replace(/\/$/, "")}/${place}`]
    const folders = [...releases.keys()].filter((folder) =>
      addresses.some((address) => address.startsWith(folder)),
    )
    const closest = folders.toSorted((a, b) => b.length - a.length)[0]
    return closest === undefined ? undefined : releases.get(closest)
  }
  return (index) => {
    if (!known.has(index)) known.set(index, find(index))
    return known.get(index)
  }
}
