import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as HttpApiBuilder from "effect/http-api/HttpApiBuilder"
import { SigningAgent } from "../../protocol/AgentApi.ts"
import { Api } from "../../protocol/Api.ts"
import { Commands } from "../persistence/Commands.ts"
import { receiveHeartbeat } from "../receiveHeartbeat.ts"
import { receiveScan } from "../receiveScan.ts"
import { toUnavailable } from "./storageFailure.ts"

export const layer = HttpApiBuilder.group(Api, "agent", (handlers) =>
  handlers.handleAll({
    heartbeat: ({ payload }) =>
      SigningAgent.pipe(
        Effect.flatMap(({ id }) => receiveHeartbeat(id, payload)),
        Effect.catchTag("PersistenceError", toUnavailable),
      ),
    uploadScan: ({ payload }) =>
      SigningAgent.pipe(
        Effect.flatMap(({ id }) => receiveScan(id, payload)),
        Effect.catchTag("PersistenceError", toUnavailable),
      ),
    deliverResult: Effect.fnUntraced(
      function* ({ payload }) {
        const { id } = yield* SigningAgent
        const commands = yield* Commands
        yield* commands.settle(id, [payload], yield* DateTime.now)
        return { acknowledged: payload.commandId }
      },
      Effect.catchTag("PersistenceError", toUnavailable),
    ),
  }),
)
