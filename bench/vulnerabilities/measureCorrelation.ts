import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import * as NodeServices from "@effect/platform-node/NodeServices"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Schema from "effect/Schema"
import { InstalledPackage } from "../../src/domain/Package.ts"
import { correlate } from "../../src/vulnerability/correlate.ts"
import { decodeManifest, feedFiles } from "../../src/vulnerability/Manifest.ts"
import { unpackFeed } from "../../src/vulnerability/unpackFeed.ts"
import { collectGarbage } from "../measure/collectGarbage.ts"
import { costOf } from "../measure/childCost.ts"
import { forgetPeak, memoryOf } from "../measure/processFigures.ts"
import { median, rounded } from "../measure/statistics.ts"
import { Measured } from "./CorrelationReport.ts"

/**
 * A process of its own, so that the memory that making the feed took is not there to be used again. Its arguments are a
 * folder of `publishHost`, the release of the feed in it, and how many rounds.
 */
const [folder = "", release = "", rounds = "21"] = process.argv.slice(2)

const decodePackages = Schema.decodeEffect(Schema.fromJsonString(Schema.Array(InstalledPackage)))
const encode = Schema.encodeEffect(Schema.fromJsonString(Measured))

const measure = Effect.gen(function* () {
  const files = yield* FileSystem.FileSystem
  const packages = yield* Effect.flatMap(files.readFileString(`${folder}/packages.json`), (text) =>
    decodePackages(text),
  )
  const { feeds } = yield* Effect.flatMap(
    files.readFileString(`${folder}/feed/${feedFiles.manifest}`),
    decodeManifest,
  )
  const entry = yield* Effect.fromNullishOr(feeds[release])
  const packed = yield* files.readFile(`${folder}/feed/${entry.file}`)
  const feed = unpackFeed(release, entry, packed)
  const correlated = costOf(
    Effect.map(correlate(feed, packages, { channels: [] }), ({ matches }) => matches.length),
  )

  const memory = Effect.gen(function* () {
    // What the round before left behind is no part of this one.
    yield* collectGarbage
    const { residentKilobytes } = yield* memoryOf("self")
    yield* forgetPeak
    const { value: matches, cost } = yield* correlated
    const { peakKilobytes } = yield* memoryOf("self")
    return { matches, cost, kilobytesAboveIdle: peakKilobytes - residentKilobytes }
  })
  const first = yield* memory
  const again = yield* Effect.forEach(Array.from({ length: 5 }), () => memory)
  const times = yield* Effect.forEach(Array.from({ length: Number(rounds) }), () => correlated)
  const measured: Measured = {
    matches: first.matches,
    rounds: times.length,
    firstWall: rounded(first.cost.wall),
    wall: rounded(median(times.map(({ cost }) => cost.wall))),
    processor: rounded(median(times.map(({ cost }) => cost.own))),
    firstKilobytesAboveIdle: first.kilobytesAboveIdle,
    kilobytesAboveIdle: Math.max(...again.map((other) => other.kilobytesAboveIdle)),
  }
  yield* Effect.flatMap(encode(measured), Console.log)
})

NodeRuntime.runMain(Effect.provide(measure, NodeServices.layer))
