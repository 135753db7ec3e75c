import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { readXml } from "./readXml.ts"

/** What the head of a repository's index says about the rest of it. */
export interface Repomd {
  /** Whether the repository says what its updates are for. */
  readonly hasAdvisories: boolean
  /** When its newest part was made; absent where no part is dated. */
  readonly madeAt?: DateTime.Utc
}

/**
 * Reads a `repomd.xml`: `<data type="updateinfo"><timestamp>SECONDS</timestamp>…`, one for each part. A file that is
 * not well-formed says only what stands before the fault; zypper refuses it anyway.
 */
export const readRepomd = Effect.fnUntraced(function* (text: string): Effect.fn.Return<Repomd> {
  let hasAdvisories = false
  let newest = 0
  let element = ""
  yield* readXml(text).pipe(
    Stream.runForEach((event) =>
      Effect.sync(() => {
        if (event._tag === "StartElement") {
          element = event.name
          hasAdvisories ||= event.name === "data" && event.attributes["type"] === "updateinfo"
        } else if (event._tag === "Text" && element === "timestamp") {
          // createrepo writes whole seconds, its Python predecessor a fraction as well.
          const [, seconds] = /^\s*(\d{1,11})(?:\.\d*)?\s*$/.exec(event.text) ?? []
          newest = Math.max(newest, Number(seconds ?? 0))
        }
      }),
    ),
    Effect.ignore,
  )
  return { hasAdvisories, ...(newest === 0 ? {} : { madeAt: DateTime.makeUnsafe(newest * 1000) }) }
})
