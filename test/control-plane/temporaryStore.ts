import * as NodeServices from "@effect/platform-node/NodeServices"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Layer from "effect/Layer"
import { Agents } from "../../src/control-plane/persistence/Agents.ts"
import * as SqlitePersistence from "../../src/control-plane/sqlite/sqlitePersistence.ts"
import { makeAgentKey } from "../fakes/agentKey.ts"
import { agentIdOf, enrolment, machineIdOf, noon } from "./samples.ts"

/** The path of a database that goes with the scope. */
export const temporaryDatabase = Effect.gen(function* () {
  const fs = yield* FileSystem.FileSystem
  return `${yield* fs.makeTempDirectoryScoped({ prefix: "patchctl-cp-" })}/control-plane.db`
}).pipe(Effect.provide(NodeServices.layer))

/** The persistence contract on a real SQLite file that is empty at first. */
export const layer = Layer.unwrap(Effect.map(temporaryDatabase, SqlitePersistence.layer))

/** An agent with its own machine and key and the exchange token `t0`. */
export const enrolled = Effect.fnUntraced(function* (number = 1, organization = "acme") {
  const agents = yield* Agents
  const { agentId } = yield* agents.enrol(
    organization,
    enrolment(makeAgentKey().publicKey, machineIdOf(number)),
    { agentId: agentIdOf(number), exchangeToken: "t0" },
    noon,
  )
  return agentId
})
