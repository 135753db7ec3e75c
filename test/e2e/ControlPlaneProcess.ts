import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import { DatabaseSync } from "node:sqlite"
import { OperatorClient } from "../../src/control-plane/cli/OperatorClient.ts"
import { ServeReport } from "../../src/control-plane/cli/serve.ts"
import type { Command } from "../../src/domain/Command.ts"
import type { AgentId, CommandId } from "../../src/domain/Identifiers.ts"
import { appears } from "../eventually.ts"
import { controlPlaneProgram, Programs } from "./Programs.ts"

const decodeReport = Schema.decodeUnknownOption(Schema.fromJsonString(ServeReport))

/** `patchctl-control-plane serve` as a process on a free port, and what an operator may ask of it. */
export class ControlPlaneProcess extends Context.Service<
  ControlPlaneProcess,
  {
    /** Keys of an agent's configuration that lead here. */
    readonly keys: { readonly api_url: string; readonly ca_file: string; readonly license_key: string }
    readonly operator: OperatorClient["Service"]
    /** Queues a command for an agent. */
    readonly queue: (agentId: AgentId, command: Command) => Effect.Effect<CommandId>
    /** `key rotate` on the data directory of the running server. */
    readonly rotateKey: ReturnType<Programs["Service"]["run"]>
    /** Takes an agent out of the running server's database, as an operator of a hosted control plane may. */
    readonly deleteAgent: (agentId: AgentId) => Effect.Effect<void>
    /** Waits for the result of a command. */
    readonly resultOf: (commandId: CommandId) => ReturnType<typeof waitForResult>
  }
>()("patchctl/test/e2e/ControlPlaneProcess") {
  static readonly layer = Layer.effect(
    ControlPlaneProcess,
    Effect.gen(function* () {
      const files = yield* FileSystem.FileSystem
      const programs = yield* Programs
      const directory = yield* files.makeTempDirectory({ directory: programs.directory, prefix: "cp-" })
      const listen = ["--listen", "127.0.0.1:0", "--heartbeat-seconds", "1"]
      const server = yield* programs.start(controlPlaneProgram, [
        "serve",
        "--json",
        "--data",
        `${directory}/data`,
        ...listen,
      ])
      const report = yield* appears("the control plane serves", Effect.map(server.stdout, decodeReport))
      const secret = (path: string) => Effect.map(files.readFileString(path), (text) => text.trim())
      const operator = Context.get(
        yield* Layer.build(
          OperatorClient.layer({
            url: report.api_url,
            ca: yield* files.readFileString(report.ca_file),
            token: Redacted.make(yield* secret(report.operator_token_file)),
          }),
        ),
        OperatorClient,
      )
      return ControlPlaneProcess.of({
        keys: {
          api_url: report.api_url,
          ca_file: report.ca_file,
          license_key: yield* secret(report.license_key_file),
        },
        operator,
        queue: (agentId, command) =>
          operator.queue({ params: { agentId }, payload: { command } }).pipe(
            Effect.map(({ commandId }) => commandId),
            Effect.orDie,
          ),
        rotateKey: programs.run(controlPlaneProgram, [
          "key",
          "rotate",
          "--json",
          "--data",
          `${directory}/data`,
        ]),
        deleteAgent: (agentId) =>
          Effect.sync(() => {
            const database = new DatabaseSync(`${directory}/data/control-plane.db`, { timeout: 5000 })
            try {
              database.exec("PRAGMA foreign_keys = OFF")
              database.prepare("DELETE FROM agents WHERE agent_id = ?").run(agentId)
            } finally {
              database.close()
            }
          }),
        resultOf: (commandId) => waitForResult(operator, commandId),
      })
    }),
  )
}

const waitForResult = (operator: OperatorClient["Service"], commandId: CommandId) =>
  appears(
    `a result of ${commandId}`,
    Effect.map(Effect.orDie(operator.command({ params: { commandId } })), ({ result }) =>
      Option.fromNullishOr(result),
    ),
  )
