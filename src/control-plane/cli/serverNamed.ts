import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as Argument from "effect/cli/Argument"
import { AgentId } from "../../domain/Identifiers.ts"
import { OperatorClient } from "./OperatorClient.ts"
import { OperatorFailure } from "./OperatorFailure.ts"

export const serverArgument = Argument.String("SERVER").pipe(
  Argument.withDescription("A server's id (agt_...), or its host name if only one server has it"),
)

const isAgentId = Schema.is(AgentId)

/** The id of the server meant. */
export const serverNamed = Effect.fnUntraced(function* (text: string) {
  if (isAgentId(text)) return text
  const operator = yield* OperatorClient
  const servers = yield* operator.servers()
  const [found, ...others] = servers.filter(({ facts }) => facts.hostname === text)
  if (found === undefined) {
    return yield* new OperatorFailure({ reason: "notFound", detail: `no server has the host name ${text}` })
  }
  if (others.length > 0) {
    const ids = [found, ...others].map(({ agentId }) => agentId).join(", ")
    return yield* new OperatorFailure({
      reason: "usage",
      detail: `several servers are called ${text}: ${ids}`,
    })
  }
  return found.agentId
})
