import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as Command from "effect/cli/Command"
import { Server } from "../../protocol/OperatorApi.ts"
import { connectionFlags, layer as layerConnection } from "./connectionFlags.ts"
import { exitCodesText } from "./exitCodes.ts"
import { jsonFlag, printer } from "./jsonFlag.ts"
import { OperatorClient } from "./OperatorClient.ts"
import { serversText } from "./serversText.ts"

const print = printer(Schema.Array(Server), serversText)

export const servers = Command.make(
  "servers",
  { ...connectionFlags, json: jsonFlag },
  Effect.fnUntraced(function* ({ json }) {
    const operator = yield* OperatorClient
    yield* print(yield* operator.servers(), json)
  }),
).pipe(
  Command.provide((flags) => layerConnection(flags)),
  Command.withShortDescription("List the servers"),
  Command.withDescription(
    `Lists every enrolled server. Needs the scope read:servers.\n\n${exitCodesText("failed", "usage", "unreachable", "refused")}`,
  ),
)
