import { assert, layer } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Layer from "effect/Layer"
import { eventually } from "../eventually.ts"
import { enrolledAs, isBeating, makeAgentHome } from "./AgentProcess.ts"
import { ControlPlaneProcess } from "./ControlPlaneProcess.ts"
import { Programs } from "./Programs.ts"

const withLogs = <A, E, R>(test: Effect.Effect<A, E, R>) =>
  Effect.flatMap(Programs, (programs) => programs.withLogs(test))

const lab = ControlPlaneProcess.layer.pipe(Layer.provideMerge(Programs.layer))

layer(lab, { excludeTestServices: true })("one identity", (it) => {
  it.effect("on two machines shows at the control plane, and both go on", () =>
    Effect.gen(function* () {
      const files = yield* FileSystem.FileSystem
      const { keys, operator } = yield* ControlPlaneProcess
      const original = yield* makeAgentHome(keys)
      const first = yield* original.start()
      const agentId = yield* enrolledAs(original, first.pid)
      yield* first.signal("SIGTERM")
      yield* first.end
      const server = Effect.orDie(operator.server({ params: { agentId } }))
      assert.isFalse((yield* server).cloneSuspected)

      // As an image of the machine would bring them.
      const clone = yield* makeAgentHome(keys)
      yield* files.copy(original.state, clone.state)
      yield* files.copy(original.executor, clone.executor)
      yield* files.remove(`${clone.state}/status.json`)
      const daemons = yield* Effect.forEach([original, clone], (home) => home.start())
      yield* eventually("the clone is noticed", server, ({ cloneSuspected }) => cloneSuspected)
      const { heartbeats } = yield* server
      yield* eventually("both go on", server, (known) => known.heartbeats > heartbeats + 3)
      for (const [index, home] of [original, clone].entries()) {
        yield* home.says("it still beats", daemons[index]?.pid ?? 0, isBeating)
      }
    }).pipe(withLogs),
  )

  it.effect(
    "has one daemon, also when several start in the same instant, and the next when that one is killed",
    () =>
      Effect.gen(function* () {
        const { keys } = yield* ControlPlaneProcess
        const home = yield* makeAgentHome(keys)
        const started = yield* Effect.all([home.start(), home.start(), home.start()], {
          concurrency: "unbounded",
        })
        const refused = yield* eventually(
          "two have given up",
          Effect.filter(started, ({ stderr }) => Effect.map(stderr, (log) => log.includes("runs already"))),
          ({ length }) => length >= 2,
        )
        assert.lengthOf(refused, 2)
        for (const { end } of refused) assert.strictEqual(yield* end, 1)
        const winner = started.find((program) => !refused.includes(program)) ?? assert.fail("nobody runs")
        yield* home.says("the one that is left beats", winner.pid, isBeating)
        yield* winner.signal("SIGKILL")
        yield* winner.end
        const next = yield* home.start()
        yield* home.says("its successor beats", next.pid, isBeating)
      }).pipe(withLogs),
  )
})
