import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import * as NodeServices from "@effect/platform-node/NodeServices"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Schema from "effect/Schema"
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import { execFile } from "node:child_process"
import { brotliCompressSync, constants } from "node:zlib"
import { Reported } from "../src/cli/exitCodes.ts"
import { printDocument } from "../src/cli/printDocument.ts"
import { textTable } from "../src/cli/textTable.ts"
import { InstalledPackage } from "../src/domain/Package.ts"
import { feedText } from "../src/vulnerability/feedText.ts"
import { budgets } from "./budgets.ts"
import { NotStarted } from "./measure/childCost.ts"
import { serviceFlags } from "./measure/serviceFlags.ts"
import { CorrelationReport, Measured } from "./vulnerabilities/CorrelationReport.ts"
import { type FeedSize, syntheticHost } from "./vulnerabilities/syntheticFeed.ts"

const print = printDocument(CorrelationReport)
const encodePackages = Schema.encodeEffect(Schema.fromJsonString(Schema.Array(InstalledPackage)))
const decodeMeasured = Schema.decodeEffect(Schema.fromJsonString(Measured))

interface Size extends FeedSize {
  readonly limits: { readonly milliseconds: number; readonly kilobytesAboveIdle: number }
}

const sizes: ReadonlyArray<Size> = [
  { installed: 300, advisories: 1_800, pairs: 24_000, limits: budgets.correlation },
  { installed: 3_000, advisories: 18_000, pairs: 240_000, limits: budgets.largeCorrelation },
]

/** What the measuring process prints. */
const measured = (directory: string, rounds: number) =>
  Effect.flatMap(
    Effect.callback<string, NotStarted>((resume) => {
      const program = `${import.meta.dirname}/vulnerabilities/measureCorrelation.ts`
      execFile(process.execPath, [...serviceFlags, program, directory, String(rounds)], (cause, stdout) =>
        resume(cause === null ? Effect.succeed(stdout) : Effect.fail(new NotStarted({ program, cause }))),
      )
    }),
    (text) => decodeMeasured(text),
  )

const measure = Effect.fnUntraced(function* (size: Size, rounds: number) {
  const files = yield* FileSystem.FileSystem
  const directory = yield* files.makeTempDirectoryScoped({ prefix: "patchctl-bench-" })
  const { feed, packages } = syntheticHost(size)
  const text = new TextEncoder().encode([...feedText(feed)].join(""))
  const packed = brotliCompressSync(text, {
    params: { [constants.BROTLI_PARAM_QUALITY]: 9, [constants.BROTLI_PARAM_LGWIN]: 22 },
  })
  yield* files.writeFile(`${directory}/feed.br`, packed)
  yield* Effect.flatMap(encodePackages(packages), (json) =>
    files.writeFileString(`${directory}/packages.json`, json),
  )
  return {
    installed: packages.length,
    advisories: feed.advisories.length,
    pairs: feed.packages.reduce((sum, { rows }) => sum + rows.length, 0),
    rawBytes: text.length,
    packedBytes: packed.length,
    ...(yield* measured(directory, rounds)),
    wallLimit: size.limits.milliseconds,
    kilobytesLimit: size.limits.kilobytesAboveIdle,
  }
}, Effect.scoped)

type Row = CorrelationReport["sizes"][number]

const highest = (row: Row): number => Math.max(row.firstKilobytesAboveIdle, row.kilobytesAboveIdle)

/** Where the machine has other work to do, wall time tells of that: processor time must be above the limit too. */
const problemsOf = (row: Row): ReadonlyArray<string> => {
  const name = `${row.installed} packages with ${row.pairs} pairs`
  const above = highest(row)
  return [
    ...(Math.min(row.wall, row.processor) <= row.wallLimit
      ? []
      : [`${name} take ${row.wall} ms (${row.processor} of a processor), the limit is ${row.wallLimit}`]),
    ...(above <= row.kilobytesLimit
      ? []
      : [`${name} take ${above} KB above idle, the limit is ${row.kilobytesLimit}`]),
  ]
}

const text = ({ sizes, problems }: CorrelationReport): string =>
  [
    textTable(
      [
        "packages",
        "advisories",
        "pairs",
        "raw",
        "brotli",
        "matches",
        "first",
        "wall",
        "limit",
        "processor",
        "KB above idle",
        "limit",
      ],
      sizes.map((row) =>
        [
          row.installed,
          row.advisories,
          row.pairs,
          row.rawBytes,
          row.packedBytes,
          row.matches,
          row.firstWall,
          row.wall,
          row.wallLimit,
          row.processor,
          highest(row),
          row.kilobytesLimit,
        ].map(String),
      ),
    ),
    ...problems.map((problem) => `MISSED: ${problem}`),
  ].join("\n")

const vulnerabilities = Effect.fn(function* ({
  rounds,
  json,
}: {
  readonly rounds: number
  readonly json: boolean
}) {
  const rows = yield* Effect.forEach(sizes, (size) => measure(size, rounds))
  const report: CorrelationReport = { sizes: rows, problems: rows.flatMap(problemsOf) }
  yield* json ? print(report) : Console.log(text(report))
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
    json: Flag.Boolean("json").pipe(Flag.withDescription("Print one JSON document"), Flag.withDefault(false)),
  },
  vulnerabilities,
).pipe(
  Command.withDescription(
    "An inventory against a vulnerability feed, decompression included: time, and memory above idle. Exits with 1 when a budget was missed.",
  ),
  Command.run({ version: "1" }),
  Effect.provide(NodeServices.layer),
  NodeRuntime.runMain,
)
