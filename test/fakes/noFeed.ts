import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { FeedStore } from "../../src/vulnerability/FeedStore.ts"

/** A host that no vulnerability feed has arrived on. */
export const layer = Layer.mock(FeedStore)({ current: Effect.succeedNone, stamp: Effect.succeed("") })
