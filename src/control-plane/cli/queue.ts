import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schedule from "effect/Schedule"
import * as Schema from "effect/Schema"
import * as Argument from "effect/cli/Argument"
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import { CommandName } from "../../domain/Command.ts"
import { CommandRecord } from "../../protocol/OperatorApi.ts"
import { commandFlags } from "./commandFlags.ts"
import { commandOfFlags } from "./commandOfFlags.ts"
import { commandRecordText } from "./commandRecordText.ts"
import { connectionFlags, layer as layerConnection } from "./connectionFlags.ts"
import { exitCodesText } from "./exitCodes.ts"
import { jsonFlag, printer } from "./jsonFlag.ts"
import { OperatorClient } from "./OperatorClient.ts"
import { OperatorFailure } from "./OperatorFailure.ts"
import { serverArgument, serverNamed } from "./serverNamed.ts"

const print = printer(CommandRecord, commandRecordText)

const isOver = ({ state }: CommandRecord) => state === "finished" || state === "expired"

/** Asks every second until the command is over; what was known last if it is not over in time. */
const waited = Effect.fnUntraced(function* (queued: CommandRecord, seconds: number) {
  const operator = yield* OperatorClient
  const params = { commandId: queued.commandId }
  const over = yield* operator
    .command({ params })
    .pipe(
      Effect.repeat({ until: isOver, schedule: Schedule.spaced("1 second") }),
      Effect.timeoutOption(`${seconds} seconds`),
    )
  if (Option.isSome(over)) return over.value
  return yield* new OperatorFailure({
    reason: "waited",
    detail: `${queued.commandId} has no result after ${seconds} s; ask again with: results ${queued.commandId}`,
  })
})

export const queue = Command.make(
  "queue",
  {
    server: serverArgument,
    command: Argument.Literals("COMMAND", CommandName.literals).pipe(
      Argument.withDescription("What the server shall do"),
    ),
    ...commandFlags,
    validSeconds: Flag.Int("valid-seconds").pipe(
      Flag.withMetavar("SECONDS"),
      Flag.withDescription("How long the command may wait for its server, 60 to 604800; default one day"),
      Flag.withSchema(Schema.Int.check(Schema.isBetween({ minimum: 60, maximum: 604_800 }))),
      Flag.optional,
    ),
    wait: Flag.Int("wait").pipe(
      Flag.withMetavar("SECONDS"),
      Flag.withDescription("Wait so long for the result and print it"),
      Flag.withSchema(Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 604_800 }))),
      Flag.optional,
    ),
    ...connectionFlags,
    json: jsonFlag,
  },
  Effect.fnUntraced(function* ({ server, command: name, validSeconds, wait, json, ...flags }) {
    const operator = yield* OperatorClient
    const command = yield* Effect.mapError(
      Effect.fromResult(commandOfFlags(name, flags)),
      (detail) => new OperatorFailure({ reason: "usage", detail }),
    )
    const queued = yield* operator.queue({
      params: { agentId: yield* serverNamed(server) },
      payload: { command, ...(Option.isSome(validSeconds) && { valid_seconds: validSeconds.value }) },
    })
    yield* print(Option.isSome(wait) ? yield* waited(queued, wait.value) : queued, json)
  }),
).pipe(
  Command.provide((flags) => layerConnection(flags)),
  Command.withShortDescription("Queue one command for one server"),
  Command.withDescription(
    `Signs one command for one server, which gets it with its next heartbeat. Needs the scope write:patches, and read:patches for --wait.\n\n${exitCodesText("failed", "usage", "notFound", "unreachable", "waited", "refused")}`,
  ),
  Command.withExamples([
    { command: "patchctl-control-plane queue web1 health_check --wait 600", description: "Ask how it is" },
    {
      command: "patchctl-control-plane queue web1 install_updates --security --dry-run",
      description: "See what would be installed",
    },
    {
      command: "patchctl-control-plane queue web1 install_updates --package openssl=3.0.17-1~deb12u3",
      description: "Install one package at one version",
    },
  ]),
)
