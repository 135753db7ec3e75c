import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Option from "effect/Option"
import * as Path from "effect/Path"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import { type Release, releaseNamed } from "../../vulnerability/release.ts"
import { readSecdb, Secdb } from "./alpineSecdb.ts"
import { ArchGroup, readArchGroup } from "./archGroups.ts"
import { compileDraft } from "./compileDraft.ts"
import { cvssScore } from "./cvssScore.ts"
import { readDebianTracker, Tracker } from "./debianTracker.ts"
import { cvesOf, readExploitScores, withExploitScores } from "./exploitScores.ts"
import { FeedBuildFailed } from "./FeedBuildFailed.ts"
import { type FeedBody, FeedDraft } from "./FeedDraft.ts"
import { readKnownExploited } from "./knownExploited.ts"
import type { OsvRecord } from "./OsvRecord.ts"
import { isRejected, readOsvRecord } from "./osvClaims.ts"
import { type VendorData, vendorNames, vendorOf } from "./osvSources.ts"
import type { Publishable } from "./publishFeed.ts"
import { readDocument, readOsvDirectory, unreadable } from "./readInputs.ts"
import { vectorOf } from "./severity.ts"
import { judgedCve } from "./vulnerabilityIds.ts"

/** What a feed is made of; at least one of the first four. */
export interface FeedInputs {
  readonly release: string
  readonly osv: Option.Option<string>
  readonly debianTracker: Option.Option<string>
  readonly secdb: Option.Option<string>
  readonly avg: Option.Option<string>
  readonly kev: Option.Option<string>
  readonly epss: Option.Option<string>
  readonly licence: Option.Option<string>
  readonly source: Option.Option<string>
  readonly endOfLife: boolean
}

/** What is noted while the inputs are read. */
interface Progress {
  readonly draft: FeedDraft
  records: number
  /** The latest change of a record: what the data are as of. */
  newest: string
  /** Records about the release that judge one CVE, less those of advisories. */
  verdicts: number
  /** The data are the vendor's own tracker, which says what is open, too. */
  isTracker: boolean
}

const usage = (detail: string) => new FeedBuildFailed({ reason: "usage", detail })

const named = Effect.fnUntraced(function* (name: string) {
  const release = releaseNamed(name)
  if (Option.isNone(release)) {
    return yield* usage(
      `${name} is no release: give a distribution and a version, such as almalinux-9, debian-12, ubuntu-24.04, alpine-3.20, or arch`,
    )
  }
  const vendor = vendorOf(release.value)
  if (vendor === undefined) {
    return yield* usage(
      `${release.value.distribution} publishes no data that a feed could be made of; known are ${vendorNames.join(", ")}`,
    )
  }
  return { release: release.value, vendor }
})

const warnInvalid = (draft: FeedDraft, place: string, problem: string) =>
  Effect.suspend(() => {
    draft.leaveOut("invalid")
    return Effect.logWarning("feed.record_invalid").pipe(Effect.annotateLogs({ place, problem }))
  })

const rate = (draft: FeedDraft, record: OsvRecord, cves: ReadonlyArray<string>): void => {
  const vector = vectorOf(record)
  const [cve, ...others] = cves
  // The vector of an advisory for several CVEs is that of the worst.
  if (vector === undefined || cve === undefined || others.length > 0) return
  const score = cvssScore(vector)
  draft.rate(cve, {
    vector,
    ...(score === undefined ? {} : { score }),
    authority: judgedCve(record) === undefined ? 0 : 1,
  })
}

const takeRecord = (progress: Progress, release: Release, vendor: VendorData, record: OsvRecord): void => {
  const { draft } = progress
  progress.records += 1
  const reading = readOsvRecord(release, vendor, record)
  draft.add(reading)
  const judged = judgedCve(record)
  if (judged !== undefined && isRejected(record)) draft.rejected.add(judged)
  const [claim] = reading.claims
  if (claim === undefined) return
  rate(draft, record, claim.publication.cves)
  const changed = record.modified ?? record.published ?? ""
  if (changed > progress.newest) progress.newest = changed
  progress.verdicts += judged === undefined ? -1 : 1
}

/** A document without dates of its own is as of the day that its file was written. */
const takeFileDate = Effect.fnUntraced(
  function* (progress: Progress, path: string) {
    const fs = yield* FileSystem.FileSystem
    const { mtime } = yield* fs.stat(path)
    const day = Option.match(mtime, { onNone: () => "", onSome: (at) => at.toISOString().slice(0, 10) })
    if (day > progress.newest) progress.newest = day
  },
  (taking) => Effect.ignore(taking),
)

const readTracker = Effect.fnUntraced(function* (progress: Progress, release: Release, path: string) {
  if (release.distribution !== "debian") {
    return yield* usage(`--debian-tracker says nothing about ${release.name}`)
  }
  const { invalid, rejected, ...reading } = readDebianTracker(
    release,
    yield* readDocument("--debian-tracker", path, Tracker),
  )
  yield* takeFileDate(progress, path)
  progress.draft.add(reading)
  progress.isTracker = true
  for (const cve of rejected) progress.draft.rejected.add(cve)
  yield* Effect.forEach(
    invalid,
    (place) => warnInvalid(progress.draft, `${path}: ${place}`, "no state of a release as documented"),
    { discard: true },
  )
})

const readSecdbDirectory = Effect.fnUntraced(function* (
  progress: Progress,
  release: Release,
  directory: string,
) {
  if (release.distribution !== "alpine") return yield* usage(`--secdb says nothing about ${release.name}`)
  const fs = yield* FileSystem.FileSystem
  const paths = yield* Path.Path
  const names = yield* fs
    .readDirectory(directory, { recursive: true })
    .pipe(Effect.mapError(unreadable("--secdb", directory)))
  for (const name of names.filter((file) => file.endsWith(".json")).toSorted()) {
    const path = paths.join(directory, name)
    const repository = yield* readDocument("--secdb", path, Secdb)
    yield* takeFileDate(progress, path)
    progress.draft.add(readSecdb(release, repository))
  }
})

const Groups = Schema.Array(ArchGroup)

const readGroups = Effect.fnUntraced(function* (progress: Progress, release: Release, path: string) {
  if (release.distribution !== "arch") return yield* usage(`--avg says nothing about ${release.name}`)
  const groups = yield* readDocument("--avg", path, Groups)
  yield* takeFileDate(progress, path)
  for (const group of groups) progress.draft.add(readArchGroup(group))
  progress.isTracker = true
})

const readExploited = Effect.fnUntraced(function* (path: string) {
  const fs = yield* FileSystem.FileSystem
  const text = yield* fs.readFileString(path).pipe(Effect.mapError(unreadable("--kev", path)))
  return yield* readKnownExploited(text)
})

/** The feed with scores, and how many there are. */
const scored = Effect.fnUntraced(function* (draft: FeedDraft, body: FeedBody, epss: Option.Option<string>) {
  if (Option.isNone(epss)) return { body }
  const { scores, invalid } = yield* readExploitScores(epss.value, cvesOf(body))
  if (invalid > 0) {
    draft.leaveOut("invalid", invalid)
    yield* Effect.logWarning("feed.scores_invalid").pipe(
      Effect.annotateLogs({ place: epss.value, lines: invalid }),
    )
  }
  return { body: withExploitScores(body, scores), scored: scores.size }
})

/**
 * Debian's and Ubuntu's records of CVEs say what is open, too; a complete set has far more of them than advisories.
 * Alpine's are made from secdb, which lists fixes only.
 */
const saysWhatIsOpen = ({ isTracker, verdicts }: Progress, { family }: Release): boolean =>
  isTracker || (family === "deb" && verdicts > 0)

/** Runs for a flag that was given. */
const given = <A, E, R>(flag: Option.Option<string>, read: (path: string) => Effect.Effect<A, E, R>) =>
  Option.match(flag, { onNone: () => Effect.void, onSome: (path) => Effect.asVoid(read(path)) })

/**
 * Reads everything that is known about a release and makes the feed of it. OSV's records are read one file at a time and
 * only what concerns the release is kept.
 */
export const buildFeed = Effect.fn("buildFeed")(function* (inputs: FeedInputs) {
  const { release, vendor } = yield* named(inputs.release)
  if ([inputs.osv, inputs.debianTracker, inputs.secdb, inputs.avg].every(Option.isNone)) {
    return yield* usage("there is nothing to build from: give --osv, --debian-tracker, --secdb or --avg")
  }
  const draft = new FeedDraft(release.family)
  const progress: Progress = { draft, records: 0, newest: "", verdicts: 0, isTracker: false }

  yield* given(inputs.osv, (directory) =>
    Stream.runForEach(readOsvDirectory(directory), (found) =>
      "record" in found
        ? Effect.sync(() => takeRecord(progress, release, vendor, found.record))
        : warnInvalid(draft, found.place, found.problem),
    ),
  )
  yield* given(inputs.debianTracker, (path) => readTracker(progress, release, path))
  yield* given(inputs.secdb, (directory) => readSecdbDirectory(progress, release, directory))
  yield* given(inputs.avg, (path) => readGroups(progress, release, path))
  const exploited = Option.isSome(inputs.kev) ? yield* readExploited(inputs.kev.value) : new Map()

  const compiled = compileDraft(draft, exploited)
  if (compiled.packages.length === 0) {
    return yield* new FeedBuildFailed({
      reason: "noInput",
      detail: `there is nothing about ${release.name} in the input (${progress.records} OSV records read, ${draft.leftOut.get("invalid") ?? 0} invalid): check --release and that the data are of this distribution`,
    })
  }
  const { body, ...figures } = yield* scored(draft, compiled, inputs.epss)
  const feed: Publishable = {
    body,
    about: {
      release: release.name,
      family: release.family,
      key: vendor.key,
      licence: Option.getOrElse(inputs.licence, () => vendor.licence),
      source: Option.getOrElse(inputs.source, () => progress.newest.slice(0, 10) || "unknown"),
      fixedIssuesOnly: !saysWhatIsOpen(progress, release),
      endOfLife: inputs.endOfLife,
    },
  }
  return { feed, leftOut: draft.leftOut, records: progress.records, ...figures }
})
