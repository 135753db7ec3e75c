import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as NodeServices from "@effect/platform-node/NodeServices"
import * as Schema from "effect/Schema"
import { CommandRecord, Server } from "../../../src/protocol/OperatorApi.ts"
import { TestControlPlane } from "../../fakes/TestControlPlane.ts"
import { result } from "../samples.ts"
import { beat, enrolAgent } from "../signedCalls.ts"
import { runOperator } from "./runOperator.ts"

const decodeServers = Schema.decodeEffect(Schema.fromJsonString(Schema.Array(Server)))
const decodeRecord = Schema.decodeEffect(Schema.fromJsonString(CommandRecord))
const decodeRecords = Schema.decodeEffect(Schema.fromJsonString(Schema.Array(CommandRecord)))

/** Runs a command line against the test control plane through its data directory. */
const operate = Effect.fnUntraced(function* (...args: ReadonlyArray<string>) {
  const { dataDirectory } = yield* TestControlPlane
  return yield* runOperator(...args, "--data", dataDirectory)
})

describe("the operator's commands", () => {
  it.live.each(["serve", "servers", "show", "queue", "results"])("%s documents its exit codes", (verb) =>
    Effect.gen(function* () {
      const { stdout, exitCode } = yield* runOperator(verb, "--help")
      assert.strictEqual(exitCode, 0)
      assert.match(stdout, /Exit codes:\n +0 {2}\w/)
    }),
  )

  it.live("list servers, queue a command by host name and show its result", () =>
    Effect.gen(function* () {
      const empty = yield* operate("servers")
      assert.strictEqual(empty.stdout, "No server has enrolled yet.")

      const agent = yield* enrolAgent()
      const [listed] = yield* decodeServers((yield* operate("servers", "--json")).stdout)
      assert.strictEqual(listed?.agentId, agent.agentId)

      const queued = yield* operate("queue", "web1", "health_check", "--json")
      assert.strictEqual(queued.exitCode, 0)
      const { commandId } = yield* decodeRecord(queued.stdout)

      yield* beat(agent, { results: [result(commandId)] })
      const one = yield* decodeRecord((yield* operate("results", commandId, "--json")).stdout)
      const all = yield* decodeRecords((yield* operate("results", "web1", "--json")).stdout)
      assert.strictEqual(one.state, "finished")
      assert.deepStrictEqual(
        all.map((record) => record.commandId),
        [commandId],
      )
      const text = yield* operate("results", commandId)
      assert.include(text.stdout, "sample: a sample")
      const shown = yield* operate("show", "web1")
      assert.include(shown.stdout, "Debian GNU/Linux 12 (bookworm)")
    }).pipe(Effect.provide(TestControlPlane.layer())),
  )

  it.live("wait for a result as long as they are told", () =>
    Effect.gen(function* () {
      yield* enrolAgent()
      const waited = yield* operate("queue", "web1", "health_check", "--wait", "1")
      assert.strictEqual(waited.exitCode, 75)
      assert.include(waited.stderr, "has no result after 1 s")
    }).pipe(Effect.provide(TestControlPlane.layer())),
  )

  it.live("end with a code for each kind of failure", () =>
    Effect.gen(function* () {
      const fs = yield* FileSystem.FileSystem
      const wrongToken = yield* fs.makeTempFileScoped()
      yield* fs.writeFileString(wrongToken, "wrong\n")
      yield* enrolAgent(1)
      const run = (...args: ReadonlyArray<string>) => Effect.map(operate(...args), ({ exitCode }) => exitCode)

      assert.strictEqual(yield* run("show", "nobody"), 66, "no such host name")
      assert.strictEqual(yield* run("results", "cmd_00000000-0000-4000-8000-000000000000"), 66)
      assert.strictEqual(yield* run("servers", "--token-file", wrongToken), 77)
      assert.strictEqual(yield* run("servers", "--url", "https://127.0.0.1:1"), 69)
      assert.strictEqual(yield* run("servers", "--ca-file", "/nonexistent"), 64)
      assert.strictEqual(yield* run("queue", "web1", "reboot"), 64, "no such command")
      assert.strictEqual(yield* run("queue", "web1", "install_updates"), 64, "nothing selected")
      yield* enrolAgent(2)
      assert.strictEqual(yield* run("show", "web1"), 64, "an ambiguous host name")
    }).pipe(Effect.provide([TestControlPlane.layer(), NodeServices.layer])),
  )

  it.live("say when the data directory cannot serve", () =>
    Effect.gen(function* () {
      const fs = yield* FileSystem.FileSystem
      const directory = yield* fs.makeTempDirectoryScoped()
      yield* fs.writeFileString(`${directory}/control-plane-id`, "cp_x")
      yield* fs.writeFileString(
        `${directory}/control-plane.db`,
        "this is no database, whatever its name says",
      )
      const { exitCode, stderr } = yield* runOperator("serve", "--data", directory, "--listen", "127.0.0.1:0")
      assert.strictEqual(exitCode, 1)
      assert.include(stderr, "the database is damaged: stop the control plane and restore the data directory")
    }).pipe(Effect.provide(NodeServices.layer)),
  )
})
