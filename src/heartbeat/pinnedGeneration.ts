import * as Option from "effect/Option"
import type { TrustAnchor } from "../protocol/TrustAnchor.ts"
import { generationOf } from "../store/Trust.ts"

/** What the server is told of the pinned keys: nothing while they are the first. */
export const pinnedGeneration = (pinned: Option.Option<TrustAnchor>) => {
  const generation = Option.getOrElse(Option.map(pinned, generationOf), () => 0)
  return generation === 0 ? {} : { keyGeneration: generation }
}
