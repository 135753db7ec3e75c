import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import * as NodeServices from "@effect/platform-node/NodeServices"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Schema from "effect/Schema"
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import { printDocument } from "../src/cli/printDocument.ts"
import * as AgentUnderTest from "./heartbeats/AgentUnderTest.ts"
import { startControlPlane } from "./heartbeats/controlPlaneProcess.ts"
import { heartbeatText } from "./heartbeats/heartbeatText.ts"
import { HeartbeatReport } from "./heartbeats/HeartbeatReport.ts"
import { measureHeartbeats, measureTcp } from "./heartbeats/measureHeartbeats.ts"
import { reportHeartbeats } from "./heartbeats/reportHeartbeats.ts"
import { Reported } from "../src/cli/exitCodes.ts"
import { startRelay } from "./measure/Relay.ts"

const packages = 2000
const findings = 500
const beatsPerSample = 50
const print = printDocument(HeartbeatReport)

const heartbeats = Effect.fn(function* ({ beats, json }: { readonly beats: number; readonly json: boolean }) {
  const files = yield* FileSystem.FileSystem
  const directory = yield* files.makeTempDirectoryScoped({ prefix: "patchctl-bench-" })
  yield* files.makeDirectory(`${directory}/agent`)
  const server = yield* startControlPlane(directory)

  const config = yield* AgentUnderTest.writeConfig(`${directory}/agent`, server.report)
  const measured = yield* measureHeartbeats({
    beats,
    beatsPerSample,
    packages,
    findings,
    serverPid: server.pid,
  }).pipe(Effect.provide(AgentUnderTest.layer(config)))

  const relay = yield* startRelay(server.report.port)
  const throughRelay = yield* AgentUnderTest.writeConfig(
    `${directory}/agent`,
    server.report,
    `https://127.0.0.1:${relay.port}`,
  )
  const tcp = yield* measureTcp(relay).pipe(Effect.provide(AgentUnderTest.layer(throughRelay)))

  const report = reportHeartbeats({ ...measured, packages, findings, tcp })
  yield* json ? print(report) : Console.log(heartbeatText(report))
  if (report.problems.length > 0) return yield* new Reported({ exitCode: 1 })
}, Effect.scoped)

Command.make(
  "heartbeats",
  {
    beats: Flag.Int("beats").pipe(
      Flag.withDescription("How many, at least 200"),
      Flag.withSchema(Schema.Int.check(Schema.isBetween({ minimum: 200, maximum: 1_000_000 }))),
      Flag.withDefault(1000),
    ),
    json: Flag.Boolean("json").pipe(Flag.withDescription("Print one JSON document"), Flag.withDefault(false)),
  },
  heartbeats,
).pipe(
  Command.withDescription(
    "Heartbeats of the agent's own client against a real control plane on loopback: latency, bytes, memory, processor time. Exits with 1 when a beat failed or a budget was missed.",
  ),
  Command.run({ version: "1" }),
  Effect.provide(NodeServices.layer),
  NodeRuntime.runMain,
)
