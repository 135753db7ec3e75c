import { assert, describe, it } from "@effect/vitest"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { ExecutorClient } from "../../src/command/ExecutorClient.ts"
import { spawnExecutor } from "../../src/command/spawnExecutor.ts"
import { SubprocessError } from "../../src/host/Subprocess.ts"
import { answerLimitBytes } from "../../src/protocol/ExecutorMessages.ts"
import { executorCollectTimeout, executorKeysTimeout, managerApplyTimeout } from "../../src/schedules.ts"
import { makeSigner } from "../fakes/CommandSigning.ts"
import { type Answer, fakeSubprocess } from "../fakes/FakeSubprocess.ts"

const program = { program: "/usr/bin/patchctl-agent", args: ["execute"], env: { PATCHCTL_X: "1" } }

/** A client whose executors end like this, and how they were started. */
const ending = (answer: Answer) =>
  Effect.gen(function* () {
    const { layer, calls } = fakeSubprocess(() => answer)
    const client = yield* Effect.provide(ExecutorClient, spawnExecutor(program).pipe(Layer.provide(layer)))
    return { calls, ...client }
  })

const silent = () => Effect.void

/** What the client says of a command whose executor ended like this. */
const saidOf = Effect.fnUntraced(function* (answer: Answer) {
  const { execute } = yield* ending(answer)
  return (yield* Effect.flip(execute("a.b.c", silent))).message
})

const killed = (reason: SubprocessError["reason"]) => new SubprocessError({ program: "x", reason })

const progress = '{"kind":"progress","step":"planning"}\n'

describe("an executor that is started as a program", () => {
  it.effect("gets the request on stdin, is never killed, and has as long as the request may take", () =>
    Effect.gen(function* () {
      const { collect, execute, pin, calls } = yield* ending(progress)
      const { anchor } = yield* makeSigner
      const steps: Array<string> = []
      yield* Effect.flip(execute("a.b.c", (step) => Effect.sync(() => steps.push(step))))
      yield* Effect.flip(collect("never"))
      yield* Effect.flip(pin(anchor))
      assert.deepStrictEqual(steps, ["planning"])
      const [first] = calls
      assert.deepInclude(first, { ...program, stdin: '{"kind":"command","envelope":"a.b.c"}\n' })
      for (const call of calls)
        assert.deepInclude(call, { onTimeout: "leave", outputLimitBytes: answerLimitBytes })
      assert.deepStrictEqual(
        calls.map(({ timeout }) => Duration.fromInputUnsafe(timeout)),
        [managerApplyTimeout, executorCollectTimeout, executorKeysTimeout],
      )
    }),
  )

  it.effect.each([
    ["was killed", killed("killed"), /: x was ended by a signal$/],
    ["never answers", killed("timed_out"), /: x did not finish in time$/],
    ["cannot be started", killed("not_permitted"), /: x may not be started by this user$/],
    ["ends without a word", "", /: exit code 0$/],
    ["ends after some progress", progress, /: exit code 0$/],
    ["answers garbage", { exitCode: 3, stdout: '\0{"kind":"result"}\n{"kind":"res\n[]\n' }, /: exit code 3$/],
    [
      "tells why on stderr",
      { exitCode: 78, stderr: `${"x".repeat(500)}no disk\n` },
      /: exit code 78: x{393}no disk$/,
    ],
    [
      "answers too much",
      { stdout: '{"kind":"result","res', truncated: true },
      /: its answer has more than \d+ bytes$/,
    ],
  ] as const)("is told of when it %s", ([, answer, expected]) =>
    Effect.gen(function* () {
      assert.match(yield* saidOf(answer), expected)
    }),
  )
})
