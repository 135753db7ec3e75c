import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { ScanHost } from "../../src/scan/ScanHost.ts"
import { type Cost, costOf, runBare } from "../measure/childCost.ts"
import { collectGarbage } from "../measure/collectGarbage.ts"
import { forgetPeak, memoryOf } from "../measure/processFigures.ts"
import { type RecordedProgram, RecordedPrograms } from "./RecordedPrograms.ts"

/** There is nothing to compare with. */
export class NoPackageManager extends Schema.TaggedError<NoPackageManager>()("NoPackageManager", {}) {
  override get message() {
    return "this host has no package manager that the agent knows: the benchmark of the scan needs one"
  }
}

/** What the agent sets that changes how long a package manager takes: the locale. */
const environment = { PATH: process.env["PATH"], LC_ALL: "C.UTF-8" }

const alone = ({ program, args }: RecordedProgram) => costOf(runBare(program, args, environment))

const total = (costs: ReadonlyArray<Cost>): Cost => ({
  wall: costs.reduce((sum, { wall }) => sum + wall, 0),
  own: costs.reduce((sum, { own }) => sum + own, 0),
  children: costs.reduce((sum, { children }) => sum + children, 0),
})

/**
 * One scan, its programs alone, and one bare simulation: what is near in time is compared, and in every other round the
 * programs go first.
 */
const round = Effect.fnUntraced(function* (
  index: number,
  known: ReadonlyArray<RecordedProgram>,
  hasApt: boolean,
) {
  const host = yield* ScanHost
  const recorded = yield* RecordedPrograms
  const scanned = Effect.gen(function* () {
    const { cost } = yield* costOf(host.scan({ refresh: "never" }))
    return { cost, programs: yield* recorded.take }
  })
  const bare = Effect.forEach(known, alone)
  const both = index % 2 === 0 ? Effect.all({ scanned, bare }) : Effect.all({ bare, scanned })
  const { scanned: scan, bare: programs } = yield* both
  const simulation = hasApt
    ? yield* costOf(runBare("apt-get", ["-s", "dist-upgrade"], environment))
    : undefined
  return {
    scan: scan.cost,
    programs: scan.programs.map((program, at) => ({
      ...program,
      alone: programs[at]?.cost.wall ?? Number.NaN,
    })),
    programsAlone: total(programs.map(({ cost }) => cost)),
    distUpgrade: simulation?.cost,
  }
})

const commandFromSource = Effect.map(
  costOf(runBare(process.execPath, ["src/bin.ts", "scan", "--json"])),
  ({ cost }) => cost,
)

/** The first scan of this process with its memory, then `rounds` rounds. */
export const measureScan = Effect.fnUntraced(function* (rounds: number) {
  const host = yield* ScanHost
  const recorded = yield* RecordedPrograms
  yield* collectGarbage
  yield* forgetPeak
  const idle = yield* memoryOf("self")
  const first = yield* costOf(host.scan({ refresh: "never" }))
  const after = yield* memoryOf("self")
  const known = yield* recorded.take
  const usable = first.value.managers.filter(({ patchable }) => patchable)
  if (usable.length === 0) return yield* new NoPackageManager()
  const hasApt = usable.some(({ id }) => id === "apt")
  return {
    first: first.cost,
    found: first.value,
    memory: { idleKilobytes: idle.residentKilobytes, peakKilobytes: after.peakKilobytes },
    rounds: yield* Effect.forEach(Array.from({ length: rounds }), (_, index) => round(index, known, hasApt)),
    commands: yield* Effect.replicateEffect(commandFromSource, 3),
  }
})
