import type * as Effect from "effect/Effect"
import { budgets } from "../budgets.ts"
import { median, rounded } from "../measure/statistics.ts"
import type { measureScan } from "./measureScan.ts"
import type { Cost, ScanReport } from "./ScanReport.ts"

type Measured = Effect.Success<ReturnType<typeof measureScan>>
type Round = Measured["rounds"][number]

const wall = (cost: Cost) => cost.wall
const processor = ({ own, children }: Cost) => own + children

const inWords = (program: string, args: ReadonlyArray<string>) => {
  const words = [program, ...args].join(" ").replaceAll("\t", "\\t").replaceAll("\n", "\\n")
  return words.length > 72 ? `${words.slice(0, 71)}…` : words
}

/** Where a machine has other work to do, wall time tells of that: the limit is missed when both exceed it. */
const missed = (what: string, wall: number, used: number, limit: number): ReadonlyArray<string> =>
  wall <= limit || used <= limit
    ? []
    : [
        `a scan takes ${wall} x the wall time and ${used} x the processor time of ${what}, the limit is ${limit}`,
      ]

/** The figures of one run, judged. Ratios are medians of each round's, whose parts were measured close together. */
export const reportScan = ({ first, found, memory, rounds, commands }: Measured): ScanReport => {
  const medians = (costs: ReadonlyArray<Cost>): Cost => ({
    wall: rounded(median(costs.map((cost) => cost.wall))),
    own: rounded(median(costs.map((cost) => cost.own))),
    children: rounded(median(costs.map((cost) => cost.children))),
  })
  const cost = (of: (round: Round) => Cost) => medians(rounds.map(of))
  const scan = cost((round) => round.scan)
  const programsAlone = cost((round) => round.programsAlone)
  const ratio = (of: (cost: Cost) => number, to: (round: Round) => Cost) =>
    rounded(median(rounds.map((round) => of(round.scan) / of(to(round)))), 2)
  const ratios = {
    scanToItsChildren: ratio(wall, (round) => round.programsAlone),
    processorToItsChildren: ratio(processor, (round) => round.programsAlone),
  }
  const nothing: Cost = { wall: Number.NaN, own: Number.NaN, children: Number.NaN }
  const ofDistUpgrade = (round: Round) => round.distUpgrade ?? nothing
  const simulated = rounds.every((round) => round.distUpgrade !== undefined)
    ? {
        distUpgrade: cost(ofDistUpgrade),
        scanToDistUpgrade: ratio(wall, ofDistUpgrade),
        processorToDistUpgrade: ratio(processor, ofDistUpgrade),
      }
    : undefined
  const above = memory.peakKilobytes - memory.idleKilobytes
  return {
    packages: found.packages.length,
    updates: found.updates.length,
    rounds: rounds.length,
    programs: (rounds[0]?.programs ?? []).map(({ program, args }, index) => ({
      command: inWords(program, args),
      inScan: rounded(median(rounds.map((round) => round.programs[index]?.milliseconds ?? Number.NaN)), 0),
      alone: rounded(median(rounds.map((round) => round.programs[index]?.alone ?? Number.NaN)), 0),
    })),
    firstScan: { wall: rounded(first.wall), own: rounded(first.own), children: rounded(first.children) },
    scan,
    programsAlone,
    commandFromSource: medians(commands),
    ...ratios,
    ...simulated,
    memory,
    problems: [
      ...missed(
        "the programs it starts",
        ratios.scanToItsChildren,
        ratios.processorToItsChildren,
        budgets.scanToItsChildren,
      ),
      ...(simulated === undefined
        ? []
        : missed(
            "one apt-get -s dist-upgrade",
            simulated.scanToDistUpgrade,
            simulated.processorToDistUpgrade,
            budgets.scanToDistUpgrade,
          )),
      ...(above <= budgets.scanPeakKilobytesAboveIdle
        ? []
        : [
            `a scan takes ${above} KB of memory above idle, the limit is ${budgets.scanPeakKilobytesAboveIdle}`,
          ]),
    ],
  }
}
