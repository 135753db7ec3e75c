import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { connectExecutor } from "../../src/command/connectExecutor.ts"
import { ExecutorClient } from "../../src/command/ExecutorClient.ts"
import { UnixSocket, UnixSocketError } from "../../src/host/UnixSocket.ts"
import { envelopeLimitBytes } from "../../src/protocol/CommandEnvelope.ts"
import { answerLimitBytes, requestLimitBytes } from "../../src/protocol/ExecutorMessages.ts"
import { commandId, makeSigner } from "../fakes/CommandSigning.ts"

/** A client whose executor writes this, and what it was asked. */
const answering = (output: string, truncated = false) =>
  Effect.gen(function* () {
    const asked: Array<string> = []
    const socket = Layer.succeed(UnixSocket, {
      ask: ({ input, outputLimitBytes, onLine = () => Effect.void }) => {
        assert.strictEqual(outputLimitBytes, answerLimitBytes)
        return Effect.as(
          Effect.forEach(output.split("\n"), (line) => onLine(line)),
          { output, truncated },
        ).pipe(Effect.tap(() => Effect.sync(() => asked.push(input))))
      },
    })
    const client = yield* Effect.provide(
      ExecutorClient,
      connectExecutor("/run/patchctl/executor.sock").pipe(Layer.provide(socket)),
    )
    return { asked, ...client }
  })

const silent = () => Effect.void

const result = JSON.stringify({
  kind: "result",
  result: {
    commandId: commandId(1),
    command: "health_check",
    status: "succeeded",
    startedAt: "2026-11-01T00:00:00.000Z",
    finishedAt: "2026-11-01T00:00:01.000Z",
  },
})

describe("asking an executor", () => {
  it.effect("tells progress as it comes and gives the result", () =>
    Effect.gen(function* () {
      const steps: Array<string> = []
      const { execute, asked } = yield* answering(
        `{"kind":"progress","step":"planning"}\nnoise\n{"kind":"progress","step":"installing"}\n${result}\n`,
      )
      const { status } = yield* execute("a.b.c", (step) => Effect.sync(() => steps.push(step)))
      assert.strictEqual(status, "succeeded")
      assert.deepStrictEqual(steps, ["planning", "installing"])
      assert.deepStrictEqual(asked, ['{"kind":"command","envelope":"a.b.c"}\n'])
    }),
  )

  it.effect("names the journal when the connection is closed without an answer", () =>
    Effect.gen(function* () {
      const { execute } = yield* answering('{"kind":"progress","step":"planning"}\n')
      const { message } = yield* Effect.flip(execute("a.b.c", silent))
      assert.include(message, "journalctl -u 'patchctl-executor@*'")
    }),
  )

  it.effect("says in the executor's words why nothing was run", () =>
    Effect.gen(function* () {
      const { execute } = yield* answering('{"kind":"unavailable","detail":"apt is still at work"}\n')
      assert.include((yield* Effect.flip(execute("a.b.c", silent))).message, "apt is still at work")
    }),
  )

  it.effect("does not take the answer to another question for an answer", () =>
    Effect.gen(function* () {
      const { collect } = yield* answering(`${result}\n`)
      assert.include((yield* Effect.flip(collect("never"))).message, "different versions")
    }),
  )

  it.effect("says that an answer was too long", () =>
    Effect.gen(function* () {
      const { collect } = yield* answering('{"kind":"collected","manag', true)
      assert.include((yield* Effect.flip(collect("never"))).message, "more than")
    }),
  )

  it.effect("tells keys that are not taken from an executor that is not there", () =>
    Effect.gen(function* () {
      const { anchor } = yield* makeSigner
      const refusing = yield* answering('{"kind":"refused","detail":"other keys are pinned"}\n')
      assert.strictEqual((yield* Effect.flip(refusing.pin(anchor)))._tag, "KeysRefused")
      const busy = yield* answering('{"kind":"unavailable","detail":"busy"}\n')
      assert.strictEqual((yield* Effect.flip(busy.rotate("a.b.c")))._tag, "ExecutorUnavailable")
      const willing = yield* answering('{"kind":"pinned"}\n')
      yield* willing.pin(anchor)
      yield* willing.rotate("a.b.c")
    }),
  )

  it.effect("cuts an envelope that is too long, so that it can still be refused", () =>
    Effect.gen(function* () {
      const { execute, asked } = yield* answering(`${result}\n`)
      yield* execute("x".repeat(10 * envelopeLimitBytes), silent)
      assert.isBelow(asked[0]?.length ?? Infinity, requestLimitBytes)
      assert.isAbove(asked[0]?.length ?? 0, envelopeLimitBytes)
    }),
  )

  it.effect("says where it looked when there is no socket", () =>
    Effect.gen(function* () {
      const gone = Layer.mock(UnixSocket, {
        ask: ({ path }) => Effect.fail(new UnixSocketError({ path, reason: "nobody_listens" })),
      })
      const { execute } = yield* Effect.provide(
        ExecutorClient,
        connectExecutor("/run/patchctl/executor.sock").pipe(Layer.provide(gone)),
      )
      const { message } = yield* Effect.flip(execute("a.b.c", silent))
      assert.include(message, "/run/patchctl/executor.sock has nobody who listens")
    }),
  )
})
