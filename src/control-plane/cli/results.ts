import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as Argument from "effect/cli/Argument"
import * as Command from "effect/cli/Command"
import { CommandId } from "../../domain/Identifiers.ts"
import { CommandRecord } from "../../protocol/OperatorApi.ts"
import { commandRecordsText, commandRecordText } from "./commandRecordText.ts"
import { connectionFlags, layer as layerConnection } from "./connectionFlags.ts"
import { exitCodesText } from "./exitCodes.ts"
import { jsonFlag, printer } from "./jsonFlag.ts"
import { OperatorClient } from "./OperatorClient.ts"
import { serverNamed } from "./serverNamed.ts"

const printOne = printer(CommandRecord, commandRecordText)
const printAll = printer(Schema.Array(CommandRecord), commandRecordsText)

const isCommandId = Schema.is(CommandId)

export const results = Command.make(
  "results",
  {
    subject: Argument.String("SERVER|COMMAND_ID").pipe(
      Argument.withDescription(
        "A server (its id or host name) for all its commands, or one command's id (cmd_...)",
      ),
    ),
    ...connectionFlags,
    json: jsonFlag,
  },
  Effect.fnUntraced(function* ({ subject, json }) {
    const operator = yield* OperatorClient
    if (isCommandId(subject)) {
      const record = yield* operator.command({ params: { commandId: subject } })
      return yield* printOne(record, json)
    }
    const params = { agentId: yield* serverNamed(subject) }
    return yield* printAll(yield* operator.commands({ params }), json)
  }),
).pipe(
  Command.provide((flags) => layerConnection(flags)),
  Command.withShortDescription("Show what became of commands"),
  Command.withDescription(
    `Shows one command with its result, or all commands of a server, newest first. Needs the scope read:patches, and read:servers for a host name.\n\n${exitCodesText("failed", "usage", "notFound", "unreachable", "refused")}`,
  ),
)
