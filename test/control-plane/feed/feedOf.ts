import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import type { CveFacts, FeedRow } from "../../../src/vulnerability/Feed.ts"
import { releaseNamed } from "../../../src/vulnerability/release.ts"
import { buildFeed, type FeedInputs } from "../../../src/control-plane/feed/buildFeed.ts"
import type { Reading } from "../../../src/control-plane/feed/Claim.ts"
import { compileDraft } from "../../../src/control-plane/feed/compileDraft.ts"
import { type FeedBody, FeedDraft } from "../../../src/control-plane/feed/FeedDraft.ts"
import { OsvRecord } from "../../../src/control-plane/feed/OsvRecord.ts"
import { readOsvRecord } from "../../../src/control-plane/feed/osvClaims.ts"
import { vendorOf } from "../../../src/control-plane/feed/osvSources.ts"

export const samples = "test/fixtures/osv"

export const inputs = (release: string, more: Partial<FeedInputs> = {}): FeedInputs => ({
  release,
  osv: Option.none(),
  debianTracker: Option.none(),
  secdb: Option.none(),
  avg: Option.none(),
  kev: Option.none(),
  epss: Option.none(),
  licence: Option.none(),
  source: Option.none(),
  endOfLife: false,
  ...more,
})

/** The feed of a release from the sample of real records, as a person reads it. */
export const sampleFeed = (release: string, more: Partial<FeedInputs> = {}) =>
  Effect.map(buildFeed(inputs(release, { osv: Option.some(samples), ...more })), ({ feed, leftOut }) => ({
    about: feed.about,
    rows: plainRows(feed.body),
    body: feed.body,
    leftOut: Object.fromEntries(leftOut),
  }))

export const release = (name: string) => Option.getOrThrow(releaseNamed(name))

const decodeRecord = Schema.decodeUnknownSync(OsvRecord)

/** A record with the usual range for each `[ecosystem, package, fixed]`. */
export const osvRecord = (
  id: string,
  entries: ReadonlyArray<readonly [ecosystem: string, name: string, fixed?: string]>,
  more: object = {},
): OsvRecord =>
  decodeRecord({
    id,
    modified: "2026-05-04T00:00:00Z",
    published: "2026-05-04T00:00:00Z",
    affected: entries.map(([ecosystem, name, fixed]) => ({
      package: { ecosystem, name },
      ranges: [
        { type: "ECOSYSTEM", events: [{ introduced: "0" }, ...(fixed === undefined ? [] : [{ fixed }])] },
      ],
    })),
    ...more,
  })

export const reading = (name: string, record: OsvRecord): Reading => {
  const found = release(name)
  const vendor = vendorOf(found)
  return vendor === undefined ? { claims: [], leftOut: [] } : readOsvRecord(found, vendor, record)
}

export const compiled = (
  name: string,
  readings: ReadonlyArray<Reading>,
  exploited: ReadonlyMap<string, NonNullable<CveFacts["kev"]>> = new Map(),
): FeedBody => {
  const draft = new FeedDraft(release(name).family)
  for (const item of readings) draft.add(item)
  return compileDraft(draft, exploited)
}

/** The rows that a few records come to. */
export const rowsOf = (name: string, ...records: ReadonlyArray<OsvRecord>): ReadonlyArray<string> =>
  plainRows(
    compiled(
      name,
      records.map((record) => reading(name, record)),
    ),
  )

const flags = ({ introduced, status, notAffected, module, channel, line, binaries }: FeedRow) =>
  [
    module === undefined ? "" : `m=${module}`,
    introduced === undefined ? "" : `i=${introduced}`,
    channel === undefined ? "" : `c=${channel}`,
    line === undefined ? "" : `l=${line}`,
    binaries === undefined ? "" : `b=${binaries.join(",")}`,
    status === "fixed" ? "" : status,
    notAffected ? "n" : "",
  ].filter((flag) => flag !== "")

/** `package fixed advisory severity flags…`, one row each. */
export const plainRows = ({ packages, advisories }: FeedBody): ReadonlyArray<string> =>
  packages.flatMap(({ name, rows }) =>
    rows.map((row) => {
      const advisory = advisories[row.advisory]
      return [name, row.fixed ?? "-", advisory?.id, advisory?.severity ?? "-", ...flags(row)].join(" ")
    }),
  )
