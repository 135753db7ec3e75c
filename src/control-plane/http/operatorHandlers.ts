import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as HttpApiBuilder from "effect/http-api/HttpApiBuilder"
import type { AgentId } from "../../domain/Identifiers.ts"
import { Api } from "../../protocol/Api.ts"
import { Operator, type Server } from "../../protocol/OperatorApi.ts"
import { InvalidRequest, NotFound } from "../../protocol/Problems.ts"
import { CommandQueue } from "../CommandQueue.ts"
import { HeartbeatInterval, isOnline } from "../HeartbeatInterval.ts"
import { Agents, type ServerRecord } from "../persistence/Agents.ts"
import { Commands } from "../persistence/Commands.ts"
import { Scans } from "../persistence/Scans.ts"
import { toUnavailable } from "./storageFailure.ts"

const asSeenNow = Effect.gen(function* () {
  const now = yield* DateTime.now
  const intervalSeconds = yield* HeartbeatInterval
  return (server: ServerRecord): Server => ({
    ...server,
    online: isOnline(server.lastBeatAt, now, intervalSeconds),
  })
})

/** A server of the operator's own organisation; any other does not exist for him. */
const ownServer = Effect.fnUntraced(function* (agentId: AgentId) {
  const agents = yield* Agents
  const { organization } = yield* Operator
  const found = yield* agents.find(organization, agentId)
  if (Option.isNone(found)) return yield* new NotFound({ detail: `no server ${agentId}` })
  return found.value
})

export const layer = HttpApiBuilder.group(Api, "operator", (handlers) =>
  handlers.handleAll({
    servers: Effect.fnUntraced(
      function* () {
        const agents = yield* Agents
        const { organization } = yield* Operator
        return (yield* agents.list(organization)).map(yield* asSeenNow)
      },
      Effect.catchTag("PersistenceError", toUnavailable),
    ),

    server: Effect.fnUntraced(
      function* ({ params: { agentId } }) {
        const server = yield* ownServer(agentId)
        return (yield* asSeenNow)(server)
      },
      Effect.catchTag("PersistenceError", toUnavailable),
    ),

    scan: Effect.fnUntraced(
      function* ({ params: { agentId } }) {
        const scans = yield* Scans
        yield* ownServer(agentId)
        const scan = yield* scans.latest(agentId)
        if (Option.isNone(scan)) return yield* new NotFound({ detail: `no scan of ${agentId} yet` })
        return scan.value
      },
      Effect.catchTag("PersistenceError", toUnavailable),
    ),

    queue: Effect.fnUntraced(
      function* ({ params: { agentId }, payload }) {
        const queue = yield* CommandQueue
        const { name } = yield* Operator
        yield* ownServer(agentId)
        return yield* queue.queue(agentId, payload, name)
      },
      Effect.catchTags({
        PersistenceError: toUnavailable,
        CommandTooLarge: (error) => Effect.fail(new InvalidRequest({ detail: error.message })),
      }),
    ),

    commands: Effect.fnUntraced(
      function* ({ params: { agentId } }) {
        const commands = yield* Commands
        yield* ownServer(agentId)
        return yield* commands.list(agentId, yield* DateTime.now)
      },
      Effect.catchTag("PersistenceError", toUnavailable),
    ),

    command: Effect.fnUntraced(
      function* ({ params: { commandId } }) {
        const commands = yield* Commands
        const { organization } = yield* Operator
        const found = yield* commands.find(organization, commandId, yield* DateTime.now)
        if (Option.isNone(found)) return yield* new NotFound({ detail: `no command ${commandId}` })
        return found.value
      },
      Effect.catchTag("PersistenceError", toUnavailable),
    ),
  }),
)
