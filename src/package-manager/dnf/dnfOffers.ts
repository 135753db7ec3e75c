import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import { Architecture, PackageName, PackageVersion } from "../../domain/Package.ts"
import { outputLines } from "../outputLines.ts"
import { normalVersion, versionText } from "../rpm/nevra.ts"
import { isChatter } from "./dnfChatter.ts"
import { fieldSeparator } from "./dnfCommands.ts"

/** One version of a package that a repository has. */
export interface Offer {
  readonly name: PackageName
  readonly architecture: Architecture
  /** `[epoch:]version-release`, without an epoch of 0. */
  readonly version: PackageVersion
  /** Id of the repository. */
  readonly repository: string
  readonly downloadBytes?: number
}

export interface Offers {
  readonly offers: ReadonlyArray<Offer>
  readonly notUnderstood: number
}

const decodeOffer = Schema.decodeUnknownOption(
  Schema.Struct({
    name: PackageName,
    architecture: Architecture,
    version: PackageVersion,
    repository: Schema.NonEmptyString,
    downloadBytes: Schema.optionalKey(Schema.Int),
  }),
)

/** The fields of each record of a `repoquery`; `undefined` for a line that is not one. */
export function* recordsOf(stdout: string, fields: number): Generator<ReadonlyArray<string> | undefined> {
  for (const line of outputLines(stdout)) {
    if (line === "") continue
    const record = line.split(fieldSeparator)
    // The last field may be a text for people, which holds what it likes.
    if (record.length >= fields) {
      yield [...record.slice(0, fields - 1), record.slice(fields - 1).join(fieldSeparator)]
    } else if (!isChatter(line)) yield undefined
  }
}

/** Reads `repoquery` with `offerTags`. */
export const parseOffers = (stdout: string): Offers => {
  const offers: Array<Offer> = []
  let notUnderstood = 0
  for (const record of recordsOf(stdout, 7)) {
    if (record === undefined) {
      notUnderstood += 1
      continue
    }
    const [name, epoch = "", version = "", release = "", architecture, repository, bytes = ""] = record
    const offer = decodeOffer({
      name,
      architecture,
      version: /^(?:\d+|\(none\))$/.test(epoch) ? versionText(epoch, version, release) : undefined,
      repository,
      ...(/^\d{1,15}$/.test(bytes) ? { downloadBytes: Number(bytes) } : {}),
    })
    if (Option.isSome(offer) && /^\d*$/.test(bytes)) offers.push(offer.value)
    else notUnderstood += 1
  }
  return { offers, notUnderstood }
}

/** `NAME.ARCH VERSION REPOSITORY`, the words of a row of yum's lists. */
const offerOf = ([package_ = "", version = "", repository = ""]: ReadonlyArray<string>) => {
  const dot = package_.lastIndexOf(".")
  return Option.getOrUndefined(
    decodeOffer({
      name: package_.slice(0, dot),
      architecture: package_.slice(dot + 1),
      version: normalVersion(version),
      // `@updates` is where an installed package came from.
      repository: repository.replace(/^@/, ""),
    }),
  )
}

const headlines = new Set(["Available Packages", "Installed Packages", "Updated Packages"])

const startsRow = (word = "") => /^[^\s.:]\S*\.[A-Za-z0-9_]+$/.test(word)

/**
 * Reads `check-update` and `list` of yum 3: three columns within 80, and one that is too narrow puts the rest into the
 * next line, indented to where it would have gone on. Below "Obsoleting Packages" each row is followed by what it
 * replaces, indented by four; these are told by the transaction table and are no offers.
 */
export const parseYumList = (stdout: string): Offers => {
  const offers: Array<Offer> = []
  let notUnderstood = 0
  let words: ReadonlyArray<string> = []
  let isObsoleting = false
  const end = () => {
    if (words.length === 0) return
    const offer = words.length === 3 ? offerOf(words) : undefined
    if (offer === undefined) notUnderstood += 1
    else if (!isObsoleting) offers.push(offer)
    words = []
  }
  for (const line of outputLines(stdout)) {
    const isComplete = words.length === 0 || words.length >= 3
    if (isComplete) end()
    if (line.trim() === "" || headlines.has(line) || isChatter(line)) continue
    const found = line.trim().split(/\s+/)
    if (line.startsWith("Obsoleting Packages")) {
      end()
      isObsoleting = true
    } else if (
      isComplete ? startsRow(found[0]) && (isObsoleting || !line.startsWith(" ")) : !line.startsWith(" ")
    ) {
      end()
      words = found
    } else if (isComplete) notUnderstood += 1
    else words = [...words, ...found]
  }
  end()
  return { offers, notUnderstood }
}
