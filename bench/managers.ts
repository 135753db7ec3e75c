import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import * as NodeServices from "@effect/platform-node/NodeServices"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Schema from "effect/Schema"
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import { Reported } from "../src/cli/exitCodes.ts"
import { printDocument } from "../src/cli/printDocument.ts"
import { textTable } from "../src/cli/textTable.ts"
import { verified, type Verified } from "../test/package-manager/suite/verified.ts"
import * as Box from "../test/system/lab/Box.ts"
import { checkoutInside, nodeInside } from "../test/system/lab/powerOn.ts"
import { budgets } from "./budgets.ts"
import { addPackages, buildManyRpms, rootOf } from "./managers/largeHost.ts"
import { serviceFlags } from "./measure/serviceFlags.ts"
import { ScanReport } from "./scan/ScanReport.ts"

const ManagersReport = Schema.Array(Schema.Struct({ program: Schema.String, report: ScanReport }))

const decode = Schema.decodeEffect(Schema.fromJsonString(ScanReport))

/** What the budget of memory is set for. */
const packages = 3000

/** The benchmark of the scan, inside a throw-away machine with this package manager and many packages. */
const measure = Effect.fnUntraced(function* ({ program, manager }: Verified, root: string, rpms: string) {
  const inside = "/opt/lab/many"
  const box = yield* Box.make(rootOf(manager, root), {
    binds: [{ source: rpms, target: inside }],
    diskSize: "4g",
  })
  yield* addPackages(box, manager, packages, inside)
  const { stdout, stderr } = yield* box.run(
    ["env", "-C", checkoutInside, nodeInside, ...serviceFlags, "bench/scan.ts", "--json", "--rounds", "21"],
    { env: { MALLOC_ARENA_MAX: "1" }, timeout: "20 minutes" },
  )
  const report = yield* decode(stdout).pipe(Effect.tapError(() => Console.error(`${program}: ${stderr}`)))
  return { program, report }
}, Effect.scoped)

const mebibytes = (kilobytes: number) => (kilobytes / 1024).toFixed(1)

const table = (rows: typeof ManagersReport.Type) =>
  textTable(
    ["manager", "packages", "updates", "scan ms", "children ms", "ratio", "CPU ratio", "MB above idle"],
    rows.map(({ program, report }) => [
      program,
      String(report.packages),
      String(report.updates),
      String(report.scan.wall),
      String(report.programsAlone.wall),
      String(report.scanToItsChildren),
      String(report.processorToItsChildren),
      mebibytes(report.memory.peakKilobytes - report.memory.idleKilobytes),
    ]),
  )

Command.make(
  "managers",
  {
    only: Flag.String("only").pipe(
      Flag.withDescription("Only the programs whose name begins with this: dnf5"),
      Flag.withDefault(""),
    ),
    json: Flag.Boolean("json").pipe(Flag.withDescription("Print one JSON document"), Flag.withDefault(false)),
  },
  Effect.fn(function* ({ only, json }) {
    const fs = yield* FileSystem.FileSystem
    const rpms = yield* buildManyRpms(yield* fs.makeTempDirectoryScoped(), packages)
    const rows = yield* Effect.forEach(
      verified.flatMap((row) =>
        row.root === undefined || row.runs !== "always" || !row.program.startsWith(only)
          ? []
          : [{ row, root: row.root }],
      ),
      ({ row, root }) => measure(row, root, rpms),
    )
    const problems = rows.flatMap(({ program, report }) =>
      report.problems.map((problem) => `! ${program}: ${problem}`),
    )
    yield* json ? printDocument(ManagersReport)(rows) : Console.log(table(rows))
    if (!json) {
      yield* Console.log(
        `\nlimits: ratio ${budgets.scanToItsChildren}, ${mebibytes(budgets.scanPeakKilobytesAboveIdle)} MB above idle`,
      )
      yield* Console.log(problems.length === 0 ? "Within all limits." : problems.join("\n"))
    }
    if (problems.length > 0) return yield* new Reported({ exitCode: 1 })
  }, Effect.scoped),
).pipe(
  Command.withDescription(
    `A scan of a host with ${packages} packages for every package manager, in throw-away machines. Needs root and Debian's packages; the first run builds the machines. Exits with 1 when a budget was missed.`,
  ),
  Command.run({ version: "1" }),
  Effect.provide(NodeServices.layer),
  NodeRuntime.runMain,
)
