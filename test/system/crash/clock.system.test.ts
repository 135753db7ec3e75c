import { assert, describe, layer } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Schema from "effect/Schema"
import { Command } from "../../../src/domain/Command.ts"
import { enrolledAs, isBeating, makeAgentHome } from "../../e2e/AgentProcess.ts"
import { ControlPlaneProcess } from "../../e2e/ControlPlaneProcess.ts"
import { Programs } from "../../e2e/Programs.ts"
import { eventually } from "../../eventually.ts"
import { fakeClockLibrary, jumpsWhileRunning, setFakeClock } from "./fakeClock.ts"

// The clock of a running daemon jumps a day forth and a day back, as a broken clock of the hardware makes it, or somebody
// who sets it. Only what the daemon takes for the time of day jumps: the kernel's own seconds since boot go on, by which
// it waits.

const health = Schema.decodeSync(Command)({ name: "health_check", parameters: {} })

layer(ControlPlaneProcess.layer.pipe(Layer.provideMerge(Programs.layer)), {
  excludeTestServices: true,
  timeout: "60 seconds",
})("a clock that jumps a day forth and back", (it) => {
  describe("under a running daemon", () => {
    it.effect(
      "ends no daemon, is named in the log, and loses or repeats no result",
      () =>
        Effect.gen(function* () {
          const programs = yield* Programs
          const { keys, operator, queue, resultOf } = yield* ControlPlaneProcess
          const home = yield* makeAgentHome(keys, "spawn")
          const clock = `${programs.directory}/clock`
          const sets = (offset: string) => setFakeClock(clock, offset)
          yield* sets("+0d")
          const daemon = yield* home.start({
            env: {
              ...jumpsWhileRunning,
              LD_PRELOAD: yield* fakeClockLibrary,
              FAKETIME_TIMESTAMP_FILE: clock,
            },
          })
          /** Waits until the log tells this, after the present moment. */
          const watch = Effect.fnUntraced(function* () {
            const { length } = yield* daemon.stderr
            return (text: RegExp) =>
              eventually(
                `the log says ${text}`,
                daemon.stderr,
                (log) => text.test(log.slice(length)),
                "60 seconds",
              )
          })
          const day = (milliseconds: number) => Math.round(milliseconds / 86_400_000)

          yield* Effect.gen(function* () {
            const agentId = yield* enrolledAs(home, daemon.pid)
            // One that is being carried out when the clock jumps, and one that is queued while nobody can be asked.
            const before = yield* queue(agentId, health)
            yield* eventually("the command has begun", home.ledger, ({ commands }) =>
              commands.some(({ id }) => id === before),
            )
            const forth = yield* watch()
            yield* sets("+1d")
            yield* forth(/heartbeat\.lost .*check the clock of this host/)
            const meanwhile = yield* queue(agentId, health)

            const back = yield* watch()
            yield* sets("-1d")
            yield* back(/heartbeat\.lost .*clock of this host/)
            const wrong = yield* home.says(
              "the daemon tells what time it takes it for",
              daemon.pid,
              ({ writtenAt }) => day(writtenAt.epochMilliseconds - Date.now()) === -1,
            )
            assert.isFalse(isBeating(wrong))

            yield* sets("+0d")
            for (const id of [before, meanwhile]) {
              assert.include(["succeeded", "partial"], (yield* resultOf(id)).status)
            }
            yield* home.says("it beats again", daemon.pid, isBeating)
            const { audit } = yield* home.ledger
            for (const id of [before, meanwhile]) {
              assert.deepStrictEqual(
                audit.filter((line) => line.id === id).map(({ event }) => event),
                ["received", "started", "finished"],
              )
            }
            const servers = yield* Effect.orDie(operator.servers())
            assert.isFalse(servers.find((server) => server.agentId === agentId)?.cloneSuspected)
          }).pipe(programs.withLogs)
        }).pipe(Effect.scoped),
      { timeout: 300_000 },
    )
  })
})
