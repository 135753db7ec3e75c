import { assert, layer } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Layer from "effect/Layer"
import type { AgentId } from "../../src/domain/Identifiers.ts"
import { eventually } from "../eventually.ts"
import { enrolledAs, makeAgentHome } from "./AgentProcess.ts"
import { ControlPlaneProcess } from "./ControlPlaneProcess.ts"
import { Programs } from "./Programs.ts"

const withLogs = <A, E, R>(test: Effect.Effect<A, E, R>) =>
  Effect.flatMap(Programs, (programs) => programs.withLogs(test))

const lab = ControlPlaneProcess.layer.pipe(Layer.provideMerge(Programs.layer))

layer(lab, { excludeTestServices: true })("a host that enrols again", (it) => {
  it.effect(
    "obeys commands for its new id, after its own was lost and after the control plane forgot it",
    () =>
      Effect.gen(function* () {
        const files = yield* FileSystem.FileSystem
        const { deleteAgent, keys, operator, queue, resultOf } = yield* ControlPlaneProcess
        const home = yield* makeAgentHome(keys)
        const carriedOut = Effect.fnUntraced(function* (agentId: AgentId) {
          const id = yield* queue(agentId, { name: "health_check", parameters: {} })
          assert.include(["succeeded", "partial"], (yield* resultOf(id)).status)
        })
        const end = Effect.fnUntraced(function* (daemon: Effect.Success<ReturnType<typeof home.start>>) {
          yield* daemon.signal("SIGTERM")
          yield* daemon.end
        })

        const original = yield* home.start()
        const first = yield* enrolledAs(home, original.pid)
        yield* carriedOut(first)
        yield* carriedOut(first)
        yield* end(original)

        for (const suffix of ["", "-wal", "-shm"]) {
          yield* files.remove(`${home.state}/agent.sqlite${suffix}`, { force: true })
        }
        const bereft = yield* home.start()
        const second = yield* enrolledAs(home, bereft.pid)
        assert.notStrictEqual(second, first)
        yield* carriedOut(second)
        yield* end(bereft)

        yield* deleteAgent(second)
        const refused = yield* home.start()
        yield* eventually("it is told so", refused.stderr, (log) => log.includes("code=unknown_agent"))
        yield* end(refused)
        const anew = yield* home.start()
        const third = yield* enrolledAs(home, anew.pid)
        assert.notStrictEqual(third, second)
        yield* carriedOut(third)
        yield* end(anew)

        const server = yield* operator.server({ params: { agentId: third } })
        assert.strictEqual(server.formerAgentId, second)
        const { audit } = yield* home.ledger
        assert.deepStrictEqual(
          audit.flatMap(({ event, outcome }) => (event === "renamed" ? [outcome] : [])),
          [`${first} is now ${second}`, `${second} is now ${third}`],
        )
      }).pipe(withLogs),
  )
})
