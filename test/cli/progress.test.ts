import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Ref from "effect/Ref"
import * as Sink from "effect/Sink"
import * as Stdio from "effect/Stdio"
import * as TestClock from "effect/testing/TestClock"
import { withProgress } from "../../src/cli/progress.ts"

/** A stderr that remembers what was written to it. */
const watched = Effect.fnUntraced(function* (isTerminal: boolean) {
  const written = yield* Ref.make("")
  const layer = Stdio.layerTest({
    stderrIsTerminal: Effect.succeed(isTerminal),
    stderr: () => Sink.forEach((text) => Ref.update(written, (before) => before + String(text))),
  })
  return { layer, written: Ref.get(written) }
})

const erase = "\r\u{1b}[K"

describe("withProgress", () => {
  it.effect("counts the seconds on a terminal and leaves nothing behind", () =>
    Effect.gen(function* () {
      const stderr = yield* watched(true)
      const work = yield* Effect.sleep("2500 millis").pipe(
        Effect.as("done"),
        withProgress("Scanning"),
        Effect.provide(stderr.layer),
        Effect.forkChild,
      )
      yield* TestClock.adjust("3 seconds")
      assert.strictEqual(yield* Fiber.join(work), "done")
      assert.strictEqual(
        yield* stderr.written,
        `${erase}Scanning …${erase}Scanning … 1 s${erase}Scanning … 2 s${erase}`,
      )
    }),
  )

  it.effect("clears the line when the work fails", () =>
    Effect.gen(function* () {
      const stderr = yield* watched(true)
      const error = yield* Effect.fail("broken").pipe(
        withProgress("Scanning"),
        Effect.provide(stderr.layer),
        Effect.flip,
      )
      assert.strictEqual(error, "broken")
      assert.isTrue((yield* stderr.written).endsWith(erase))
    }),
  )

  it.effect("writes nothing where nobody watches", () =>
    Effect.gen(function* () {
      const stderr = yield* watched(false)
      yield* Effect.void.pipe(withProgress("Scanning"), Effect.provide(stderr.layer))
      assert.strictEqual(yield* stderr.written, "")
    }),
  )
})
