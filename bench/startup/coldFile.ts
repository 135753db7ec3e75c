import * as Effect from "effect/Effect"
import { runBare } from "../measure/childCost.ts"

/**
 * Takes a file out of the page cache, as after a boot: of a file that has just been written or read whole, the kernel maps
 * many more pages into a process than that process uses.
 */
export const coldFile = Effect.fn("coldFile")(function* (path: string) {
  yield* runBare("sync", [path])
  yield* runBare("dd", [`if=${path}`, "iflag=nocache", "count=0", "status=none"])
})
