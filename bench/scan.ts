import * as NodeCrypto from "@effect/platform-node/NodeCrypto"
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import * as NodeServices from "@effect/platform-node/NodeServices"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Schema from "effect/Schema"
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import { Reported } from "../src/cli/exitCodes.ts"
import { printDocument } from "../src/cli/printDocument.ts"
import * as CanonicalLivePatches from "../src/host/CanonicalLivePatches.ts"
import * as LinuxHost from "../src/host/LinuxHost.ts"
import * as NodeSystemCalls from "../src/host/NodeSystemCalls.ts"
import * as HostPackageManagers from "../src/package-manager/HostPackageManagers.ts"
import * as HostScanner from "../src/scan/HostScanner.ts"
import { FeedStore } from "../src/vulnerability/FeedStore.ts"
import { measureScan } from "./scan/measureScan.ts"
import * as RecordedPrograms from "./scan/RecordedPrograms.ts"
import { reportScan } from "./scan/reportScan.ts"
import { ScanReport } from "./scan/ScanReport.ts"
import { scanReportText } from "./scan/scanReportText.ts"

const print = printDocument(ScanReport)

/** The scan as `main.ts` puts it together, but for the record and the feed: `bench/vulnerabilities.ts` has its own. */
const machine = HostScanner.layer.pipe(
  Layer.provide(HostPackageManagers.layer),
  Layer.provide(CanonicalLivePatches.layer),
  Layer.provide(Layer.mock(FeedStore)({ current: Effect.succeedNone })),
  Layer.provide(LinuxHost.layer.pipe(Layer.provide(NodeSystemCalls.layer))),
  Layer.provideMerge(RecordedPrograms.layer),
  Layer.provide(NodeCrypto.layerSecureRandom),
  Layer.provideMerge(NodeServices.layer),
)

const scan = Effect.fn(function* ({ rounds, json }: { readonly rounds: number; readonly json: boolean }) {
  const report = reportScan(yield* measureScan(rounds))
  yield* json ? print(report) : Console.log(scanReportText(report))
  if (report.problems.length > 0) return yield* new Reported({ exitCode: 1 })
})

Command.make(
  "scan",
  {
    rounds: Flag.Int("rounds").pipe(
      Flag.withDescription("How many comparisons, at least 5"),
      Flag.withSchema(Schema.Int.check(Schema.isBetween({ minimum: 5, maximum: 1000 }))),
      Flag.withDefault(7),
    ),
    json: Flag.Boolean("json").pipe(Flag.withDescription("Print one JSON document"), Flag.withDefault(false)),
  },
  scan,
).pipe(
  Command.withDescription(
    "A scan of this host against the programs it starts and against one apt-get -s dist-upgrade, in turns. Downloads and changes nothing. Exits with 1 when a budget was missed.",
  ),
  Command.run({ version: "1" }),
  Effect.provide(machine),
  NodeRuntime.runMain,
)
