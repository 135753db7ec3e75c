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

/** One scan, its programs alone, one bare simulation, and the command from source: what is near in time is compared. */
const round = Effect.fnUntraced(function* (hasApt: boolean) {
  const host = yield* ScanHost
  const recorded = yield* RecordedPrograms
  const scan = yield* costOf(host.scan({ refresh: "never" }))
  const programs = yield* recorded.take
  const bare = yield* Effect.forEach(programs, alone)
  const simulation = hasApt
    ? yield* costOf(runBare("apt-get", ["-s", "dist-upgrade"], environment))
    : undefined
  const command = yield* costOf(runBare(process.execPath, ["src/bin.ts", "scan", "--json"]))
  return {
    scan: scan.cost,
    programs: programs.map((program, index) => ({ ...program, alone: bare[index]?.cost.wall ?? Number.NaN })),
    programsAlone: total(bare.map(({ cost }) => cost)),
    distUpgrade: simulation?.cost,
    commandFromSource: command.cost,
  }
})

/** The first scan of this process with its memory, then `rounds` rounds. */
export const measureScan = Effect.fnUntraced(function* (rounds: number) {
  const host = yield* ScanHost
  const recorded = yield* RecordedPrograms
  yield* collectGarbage
  yield* forgetPeak
  const idle = yield* memoryOf("self")
  const first = yield* costOf(host.scan({ refresh: "never" }))
  const after = yield* memoryOf("self")
  yield* recorded.take
  const usable = first.value.managers.filter(({ patchable }) => patchable)
  if (usable.length === 0) return yield* new NoPackageManager()
  const hasApt = usable.some(({ id }) => id === "apt")
  return {
    first: first.cost,
    found: first.value,
    memory: { idleKilobytes: idle.residentKilobytes, peakKilobytes: after.peakKilobytes },
    rounds: yield* Effect.forEach(Array.from({ length: rounds }), () => round(hasApt)),
  }
})
