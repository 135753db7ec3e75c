import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Schema from "effect/Schema"
import { execFile } from "node:child_process"
import { Finding } from "../../src/domain/Finding.ts"
import { bundle } from "../../scripts/build/bundle.ts"
import { v8Flags } from "../../scripts/build/executable.ts"
import { runOnHost } from "../../test/system/runOnHost.ts"
import { NotStarted } from "../measure/childCost.ts"
import { programCost, timed } from "../measure/programCost.ts"
import { serviceFlags } from "../measure/serviceFlags.ts"
import { Measured, type Unit } from "./CorrelationReport.ts"
import type { PublishedHost } from "./publishHost.ts"

const decodeMeasured = Schema.decodeEffect(Schema.fromJsonString(Measured))

const measuring = "bench/vulnerabilities/measureCorrelation.ts"

const inOwnProcess = (
  flags: ReadonlyArray<string>,
  program: string,
  { folder, feed: { header } }: PublishedHost,
  rounds: number,
) =>
  Effect.flatMap(
    Effect.callback<string, NotStarted>((resume) => {
      const args = [...flags, program, folder, header.release, String(rounds)]
      execFile(process.execPath, args, (cause, stdout) =>
        resume(cause === null ? Effect.succeed(stdout) : Effect.fail(new NotStarted({ program, cause }))),
      )
    }),
    (text) => decodeMeasured(text),
  )

/** The matcher in a process that does nothing else, as the agent has it. */
export const measureInProcess = (host: PublishedHost, rounds: number) =>
  inOwnProcess(serviceFlags, measuring, host, rounds)

/** The same under the flags of the executable, where V8 compiles nothing; from one file, which needs no WebAssembly to be read. */
export const measureAsShipped = Effect.fnUntraced(function* (host: PublishedHost, rounds: number) {
  const program = `${host.folder}/measure.cjs`
  yield* bundle(measuring, program)
  return yield* inOwnProcess(v8Flags, program, host, rounds)
})

const decodeScan = Schema.decodeEffect(
  Schema.fromJsonString(Schema.Struct({ findings: Schema.Array(Finding) })),
)

/** Each way to count findings, for comparison with programs that say less. */
const pairsOf = (findings: ReadonlyArray<Finding>): Readonly<Record<Unit, ReadonlyArray<string>>> => ({
  package: findings.map((one) => `${one.cve} ${one.package}`),
  advisory: findings.flatMap(({ cve, advisories }) => advisories.map(({ id }) => `${cve} ${id}`)),
  "installed package": findings.flatMap(({ cve, binaries }) => binaries.map((binary) => `${cve} ${binary}`)),
})

/** `patchctl`, from source. */
export const fromSource = [process.execPath, "src/bin.ts"] as const

/** One run of `patchctl scan --inventory` as an operator types it: a new process, all findings as JSON. */
export const runScan = Effect.fnUntraced(function* (
  patchctl: ReadonlyArray<string>,
  { folder, feed: { header } }: PublishedHost,
) {
  const files = yield* FileSystem.FileSystem
  const feed = [
    "--release",
    header.release,
    "--feed",
    `${folder}/feed`,
    "--trust",
    `${folder}/feed/feed-key.pub`,
  ]
  const scan = ["scan", "--json", "--all", "--inventory", `${folder}/inventory.tsv`, ...feed]
  const stdout = yield* runOnHost(...timed(`${folder}/cost`, [...patchctl, ...scan]))
  const { findings } = yield* decodeScan(stdout)
  return { cost: programCost(yield* files.readFileString(`${folder}/cost`)), pairs: pairsOf(findings) }
})
