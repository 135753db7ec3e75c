import { textTable } from "../../src/cli/textTable.ts"
import { type Contender, type CorrelationReport, type SizeReport } from "./CorrelationReport.ts"

export const highest = (row: SizeReport): number =>
  Math.max(row.firstKilobytesAboveIdle, row.kilobytesAboveIdle)

const sizesTable = (sizes: ReadonlyArray<SizeReport>) =>
  textTable(
    [
      "packages",
      "advisories",
      "pairs",
      "CVE facts",
      "raw",
      "brotli",
      "matches",
      "first",
      "wall",
      "limit",
      "processor",
      "wall, shipped",
      "KB above idle",
      "limit",
    ],
    sizes.map((row) =>
      [
        row.installed,
        row.advisories,
        row.pairs,
        row.facts,
        row.rawBytes,
        row.packedBytes,
        row.matches,
        row.firstWall,
        row.wall,
        row.wallLimit,
        row.processor,
        row.shippedWall,
        highest(row),
        row.kilobytesLimit,
      ].map(String),
    ),
  )

const cells = ({ who, host, problem, figures }: Contender): ReadonlyArray<string> => {
  if (figures === undefined) return [host, who, problem ?? "not measured"]
  const { memory } = figures
  return [
    host,
    who,
    ...[figures.firstWall, figures.wall, figures.processor].map(String),
    `${memory.of === "process" ? "" : "+"}${(memory.kilobytes / 1024).toFixed(1)}`,
    (figures.dataBytes / 1024).toFixed(1),
    ...[figures.found, figures.onlyOurs ?? "-", figures.onlyTheirs ?? "-"].map(String),
    `CVE, ${figures.unit}`,
  ]
}

const notes = [
  "Times in ms, medians; first: with nothing cached and nothing compiled. Processor: user and system.",
  "The agent is already running when it matches: its row has no start of a program in it, and its memory is what it takes",
  "above idle. All others start for each answer; ours from source is mostly Node reading modules.",
  "Shipped: under the flags of the executable, where JavaScript is not compiled.",
]

export const correlationText = ({ sizes, sideBySide, problems }: CorrelationReport): string =>
  [
    sizesTable(sizes),
    "",
    textTable(
      [
        "host",
        "program",
        "first",
        "wall",
        "processor",
        "MB",
        "data KB",
        "found",
        "only ours",
        "only theirs",
        "counted by",
      ],
      sideBySide.map(cells),
    ),
    ...notes,
    ...problems.map((problem) => `MISSED: ${problem}`),
  ].join("\n")
