import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as Command from "effect/cli/Command"
import { Server, ServerScan } from "../../protocol/OperatorApi.ts"
import { connectionFlags, layer as layerConnection } from "./connectionFlags.ts"
import { exitCodesText } from "./exitCodes.ts"
import { jsonFlag, printer } from "./jsonFlag.ts"
import { OperatorClient } from "./OperatorClient.ts"
import { serverArgument, serverNamed } from "./serverNamed.ts"
import { showText } from "./showText.ts"

const print = printer(Schema.Struct({ server: Server, scan: Schema.optionalKey(ServerScan) }), showText)

export const show = Command.make(
  "show",
  { server: serverArgument, ...connectionFlags, json: jsonFlag },
  Effect.fnUntraced(function* ({ server: text, json }) {
    const operator = yield* OperatorClient
    const params = { agentId: yield* serverNamed(text) }
    const server = yield* operator.server({ params })
    const scanned = server.lastScanAt === undefined ? {} : { scan: yield* operator.scan({ params }) }
    yield* print({ server, ...scanned }, json)
  }),
).pipe(
  Command.provide((flags) => layerConnection(flags)),
  Command.withShortDescription("Show one server with its latest scan"),
  Command.withDescription(
    `Shows one server with its latest scan. Needs the scope read:servers.\n\n${exitCodesText("failed", "usage", "notFound", "unreachable", "refused")}`,
  ),
)
