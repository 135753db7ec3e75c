import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import { openDataDirectory } from "../data/DataDirectory.ts"
import { buildFeed } from "../feed/buildFeed.ts"
import { feedExitCodes } from "../feed/FeedBuildFailed.ts"
import { readFeedKey } from "../feed/feedKey.ts"
import { publishFeed } from "../feed/publishFeed.ts"
import { DataFlag } from "./DataFlag.ts"
import { FeedBuildReport, feedBuildText } from "./feedBuildText.ts"
import { jsonFlag, printer } from "./jsonFlag.ts"

const print = printer(FeedBuildReport, feedBuildText)

const input = (name: string, metavar: string, description: string) =>
  Flag.String(name).pipe(Flag.withMetavar(metavar), Flag.withDescription(description), Flag.optional)

/** It becomes one word of the feed's first line. */
const Word = Schema.String.check(
  Schema.isPattern(/^[A-Za-z0-9][\w.:+()-]{0,127}$/, { expected: "one word of letters, digits and .:+()_-" }),
)

export const feedBuild = Command.make(
  "build",
  {
    release: Flag.String("release").pipe(
      Flag.withMetavar("RELEASE"),
      Flag.withDescription("The release to make a feed for: almalinux-9, debian-12, ubuntu-24.04, arch"),
    ),
    osv: input("osv", "DIR", "Directory with OSV records: every .json and .jsonl file below it"),
    debianTracker: input("debian-tracker", "FILE", "The JSON document of Debian's security tracker"),
    secdb: input("secdb", "DIR", "Directory with Alpine's secdb: main.json, community.json"),
    avg: input("avg", "FILE", "The JSON document of Arch's security tracker"),
    kev: input("kev", "FILE", "CISA's catalogue of known exploited vulnerabilities, JSON or CSV"),
    epss: input("epss", "FILE", "FIRST's table of EPSS scores, CSV, as published or unpacked"),
    out: input(
      "out",
      "DIR",
      "Where to publish; default feeds in the data directory, which the server serves",
    ),
    key: input("key", "FILE", "Ed25519 private key, PEM; default feed-key.pem in the data directory"),
    days: Flag.Int("days").pipe(
      Flag.withMetavar("DAYS"),
      Flag.withDescription("Until agents call it old, 1 to 366"),
      Flag.withSchema(Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 366 }))),
      Flag.withDefault(7),
    ),
    serial: Flag.Int("serial").pipe(
      Flag.withMetavar("N"),
      Flag.withDescription("Number of this publication, higher than the last; default the next"),
      Flag.withSchema(Schema.Int.check(Schema.isGreaterThanOrEqualTo(1))),
      Flag.optional,
    ),
    licence: Flag.String("licence").pipe(
      Flag.withMetavar("SPDX"),
      Flag.withDescription("Licence of the data; default that of the vendor"),
      Flag.withSchema(Word),
      Flag.optional,
    ),
    source: Flag.String("source").pipe(
      Flag.withMetavar("WORD"),
      Flag.withDescription(
        "The snapshot it is made from, a commit or a date; default the date of the newest record",
      ),
      Flag.withSchema(Word),
      Flag.optional,
    ),
    endOfLife: Flag.Boolean("end-of-life").pipe(
      Flag.withDescription("The vendor has ended support of this release"),
      Flag.withDefault(false),
    ),
    json: jsonFlag,
  },
  Effect.fnUntraced(function* ({ out, key: keyFile, days, serial, json, ...inputs }) {
    const dataDirectory = yield* DataFlag
    const openData = openDataDirectory(dataDirectory, { create: true })
    const { feed, leftOut, records, ...figures } = yield* buildFeed(inputs)
    const key = yield* readFeedKey(keyFile, openData)
    const directory = Option.isSome(out) ? out.value : (yield* openData).feeds
    const { entry, manifest, expires } = yield* publishFeed(directory, feed, {
      key,
      days,
      ...(Option.isSome(serial) && { serial: serial.value }),
    })
    const { advisories, packages } = feed.body
    const report: FeedBuildReport = {
      release: feed.about.release,
      directory,
      file: entry.file,
      serial: manifest.serial,
      expires,
      records,
      advisories: new Set(advisories.map(({ id }) => id)).size,
      cves: new Set(advisories.flatMap(({ cves }) => cves)).size,
      ...figures,
      packages: packages.length,
      rows: entry.rows,
      raw_bytes: entry.rawBytes,
      bytes: entry.bytes,
      licence: entry.licence,
      source: entry.source,
      left_out: Object.fromEntries(leftOut),
    }
    return yield* print(report, json)
  }),
).pipe(
  Command.withShortDescription("Make and sign the feed of one release"),
  Command.withDescription(
    `Makes the vulnerability feed of one release from vendors' data on disk, and publishes it with manifest.json, its signature and feed-key.pub. Feeds of other releases in the same directory stay. A build waits while another publishes there.

Exit codes:
     0  published
${String(feedExitCodes.failed).padStart(6)}  failed; stderr says why, and what was published before is as it was
${String(feedExitCodes.usage).padStart(6)}  the command line is wrong, or nobody makes feeds for the release
${String(feedExitCodes.noInput).padStart(6)}  the input is not there, or has nothing about the release`,
  ),
)
