import * as Arr from "effect/Array"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import type { InstalledPackage } from "../../domain/Package.ts"
import { AvailableUpdate, type Installable } from "../../domain/Update.ts"
import { compare } from "../../version/apk.ts"
import { plainText, shortened } from "../outputText.ts"
import type { Objection } from "../updateSelection.ts"
import type { Offer } from "./apkOffers.ts"
import { keptBack } from "./apkTrial.ts"
import type { World } from "./apkWorld.ts"

/** An installed package with every newer version on offer, the newest last. */
export interface Newer {
  readonly row: InstalledPackage
  readonly offers: Arr.NonEmptyReadonlyArray<Offer>
}

/** Pairs what is on offer with what is installed. */
export const newerThanInstalled = (
  installed: ReadonlyArray<InstalledPackage>,
  offers: ReadonlyArray<Offer>,
): ReadonlyArray<Newer> => {
  const byName = Map.groupBy(offers, ({ name }) => name)
  return installed.flatMap((row) => {
    const sorted = (byName.get(row.name) ?? []).toSorted((a, b) => compare(a.version, b.version))
    return Arr.isArrayNonEmpty(sorted) ? [{ row, offers: sorted }] : []
  })
}

/** What apk would do about all of it. */
export interface Verdicts {
  /** The versions that apk would move to, by package name. */
  readonly reached: ReadonlyMap<string, string>
  /** Why single packages cannot be upgraded. */
  readonly objections: ReadonlyMap<string, Objection>
  /** Why nothing at all would be upgraded. */
  readonly refusal: string | undefined
  /** What apk says when it is made to insist on the newest versions, by `NAME-VERSION`. */
  readonly explanations: ReadonlyMap<string, string>
}

/**
 * What apk says of packages below `unable to select packages`, by `NAME-VERSION`: `breaks: …`, `conflicts: …` and
 * `satisfies: …`.
 */
export const parseExplanations = (stderr: string): ReadonlyMap<string, string> =>
  new Map(
    [...plainText(stderr).matchAll(/^ {2}(\S+):\n((?: {4,}.*(?:\n|$))+)/gm)].map(
      ([, name = "", text = ""]) => [name, shortened(text.replaceAll(/\s+/g, " ").trim())] as const,
    ),
  )

const no = ({ reason, detail }: Objection): Installable => ({ answer: "no", reason, detail })

const judge = ({ row, offers }: Newer, verdicts: Verdicts, world: World): Installable => {
  if (verdicts.reached.has(row.name)) return { answer: "yes" }
  const pinned = keptBack(world, row.name)
  if (pinned !== undefined) return no(pinned)
  if (verdicts.refusal !== undefined) {
    const detail = `apk upgrades nothing at all: ${verdicts.refusal}`
    return no({ reason: "blocked_by_manager", detail: shortened(detail, 1024) })
  }
  const objection = verdicts.objections.get(row.name)
  if (objection !== undefined) return no(objection)
  const why = verdicts.explanations.get(`${row.name}-${offers.at(-1)?.version ?? ""}`)
  return no({ reason: "conflict", detail: `apk keeps it back${why === undefined ? "" : `: ${why}`}` })
}

const decodeUpdate = Schema.decodeUnknownOption(AvailableUpdate)

/** One row of the listing. None when a version or name is not one that may be sent. */
export const availableUpdate = (
  newer: Newer,
  verdicts: Verdicts,
  world: World,
): Option.Option<AvailableUpdate> => {
  const { row, offers } = newer
  const reached = verdicts.reached.get(row.name)
  const offer = offers.find(({ version }) => version === reached) ?? offers.at(-1)
  return decodeUpdate({
    manager: "apk",
    name: row.name,
    architecture: row.architecture,
    from: row.version,
    to: reached ?? offer?.version,
    origins: (offer?.repositories ?? []).map((id) => ({ id })),
    // Nothing in apk's repositories says what is a security fix; advisories come with the feed of the release.
    security: { verdict: "unknown", evidence: [] },
    installable: judge(newer, verdicts, world),
    ...(offer?.downloadBytes === undefined ? {} : { downloadBytes: offer.downloadBytes }),
  })
}
