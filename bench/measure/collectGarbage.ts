import * as Effect from "effect/Effect"
import { setFlagsFromString } from "node:v8"
import { runInNewContext } from "node:vm"

/** `gc` exists only in contexts made after the flag was set, hence the new one. */
const collect: unknown = (() => {
  setFlagsFromString("--expose-gc")
  return runInNewContext("gc")
})()

/**
 * Collects all garbage now, so that what is measured next is what is kept. Twice with a turn of the event loop between:
 * what a finalizer releases is garbage only afterwards.
 */
export const collectGarbage = Effect.gen(function* () {
  for (let round = 0; round < 2; round += 1) {
    yield* Effect.sync(() => (typeof collect === "function" ? collect() : undefined))
    yield* Effect.sleep("1 millis")
  }
})
