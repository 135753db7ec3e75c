import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import { Server, ServerScan } from "../../protocol/OperatorApi.ts"
import { connectionFlags, layer as layerConnection } from "./connectionFlags.ts"
import { exitCodesText } from "./exitCodes.ts"
import { jsonFlag, printer } from "./jsonFlag.ts"
import { OperatorClient } from "./OperatorClient.ts"
import { serverArgument, serverNamed } from "./serverNamed.ts"
import { showText } from "./showText.ts"

const View = Schema.Struct({ server: Server, scan: Schema.optionalKey(ServerScan) })

const findingsFlag = Flag.Boolean("findings").pipe(
  Flag.withDescription("List the vulnerabilities too, most important first; --json always has them"),
  Flag.withDefault(false),
)

export const show = Command.make(
  "show",
  { server: serverArgument, ...connectionFlags, findings: findingsFlag, json: jsonFlag },
  Effect.fnUntraced(function* ({ server: text, findings, json }) {
    const operator = yield* OperatorClient
    const params = { agentId: yield* serverNamed(text) }
    const server = yield* operator.server({ params })
    const scanned = server.lastScanAt === undefined ? {} : { scan: yield* operator.scan({ params }) }
    const print = printer(View, (view) => showText(view, findings))
    yield* print({ server, ...scanned }, json)
  }),
).pipe(
  Command.provide((flags) => layerConnection(flags)),
  Command.withShortDescription("Show one server with its latest scan"),
  Command.withDescription(
    `Shows one server with its latest scan. Needs the scope read:servers.\n\n${exitCodesText("failed", "usage", "notFound", "unreachable", "refused")}`,
  ),
)
