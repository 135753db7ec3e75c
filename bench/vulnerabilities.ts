import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import * as NodeServices from "@effect/platform-node/NodeServices"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import { Reported } from "../src/cli/exitCodes.ts"
import { printDocument } from "../src/cli/printDocument.ts"
import { budgets } from "./budgets.ts"
import { CorrelationReport, type SizeReport } from "./vulnerabilities/CorrelationReport.ts"
import { correlationText } from "./vulnerabilities/correlationText.ts"
import { problemsOf } from "./vulnerabilities/judgeCorrelation.ts"
import { measureAsShipped, measureInProcess } from "./vulnerabilities/ours.ts"
import { publishHost } from "./vulnerabilities/publishHost.ts"
import { sideBySide } from "./vulnerabilities/sideBySide.ts"
import { type FeedSize, syntheticHost } from "./vulnerabilities/syntheticFeed.ts"

const print = printDocument(CorrelationReport)

interface Size extends FeedSize {
  readonly limits: { readonly milliseconds: number; readonly kilobytesAboveIdle: number }
}

const small = { advisories: 1_800, installed: 300, limits: budgets.correlation }
const large = { advisories: 18_000, installed: 3_000, limits: budgets.largeCorrelation }

const sizes: ReadonlyArray<Size> = [
  { ...small, facts: "exploited" },
  { ...small, facts: "all" },
  { ...large, facts: "exploited" },
  { ...large, facts: "all" },
]

const measure = Effect.fnUntraced(function* (size: Size, rounds: number) {
  const published = yield* publishHost(syntheticHost(size))
  const { feed, packages, rawBytes, packedBytes } = published
  const report: SizeReport = {
    installed: packages.length,
    advisories: feed.advisories.length,
    pairs: feed.packages.reduce((sum, { rows }) => sum + rows.length, 0),
    facts: feed.cves.length,
    rawBytes,
    packedBytes,
    ...(yield* measureInProcess(published, rounds)),
    shippedWall: (yield* measureAsShipped(published, rounds)).wall,
    wallLimit: size.limits.milliseconds,
    kilobytesLimit: size.limits.kilobytesAboveIdle,
  }
  return report
}, Effect.scoped)

const vulnerabilities = Effect.fn(function* (options: {
  readonly rounds: number
  readonly peerRounds: number
  readonly json: boolean
}) {
  const rows = yield* Effect.forEach(sizes, (size) => measure(size, options.rounds))
  const report: CorrelationReport = {
    sizes: rows,
    sideBySide: yield* sideBySide(options.peerRounds),
    problems: rows.flatMap(problemsOf),
  }
  yield* options.json ? print(report) : Console.log(correlationText(report))
  if (report.problems.length > 0) return yield* new Reported({ exitCode: 1 })
})

Command.make(
  "vulnerabilities",
  {
    rounds: Flag.Int("rounds").pipe(
      Flag.withDescription("How often each feed is read, at least 5"),
      Flag.withSchema(Schema.Int.check(Schema.isBetween({ minimum: 5, maximum: 1000 }))),
      Flag.withDefault(21),
    ),
    peerRounds: Flag.Int("peer-rounds").pipe(
      Flag.withDescription("How often each of the other programs runs, after its first time"),
      Flag.withSchema(Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 100 }))),
      Flag.withDefault(5),
    ),
    json: Flag.Boolean("json").pipe(Flag.withDescription("Print one JSON document"), Flag.withDefault(false)),
  },
  vulnerabilities,
).pipe(
  Command.withDescription(
    "An inventory against a vulnerability feed, decompression included: time, and memory above idle; beside dnf, zypper and debsecan where they can run. dnf and zypper need root and Debian's packages. Exits with 1 when a budget was missed.",
  ),
  Command.run({ version: "1" }),
  Effect.provide(NodeServices.layer),
  NodeRuntime.runMain,
)
