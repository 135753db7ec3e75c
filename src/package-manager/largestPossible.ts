import * as Effect from "effect/Effect"

/** Whether a set of changes is possible together, and what for an answer a caller wants to keep of it. */
export type Trial<A, N> =
  | { readonly possible: true; readonly answer: A }
  | { readonly possible: false; readonly objection: N }

export interface LargestPossible<T, A, N> {
  readonly members: ReadonlyArray<T>
  /** The answer to the last successful trial, which was over exactly `members`; absent when there are none. */
  readonly answer?: A
  readonly dropped: ReadonlyArray<{ readonly member: T; readonly objection: N }>
  /** Members that no trial was left for. */
  readonly untried: ReadonlyArray<T>
}

/**
 * Leaves out as few members as it takes to make a set possible: tries all together and, where that fails, halves,
 * down to the single members that are to blame. One trial when nothing is wrong; about `2 log2(n)` for each culprit.
 * What is kept stays kept, so of two members that exclude each other the first wins. Ends after `mostTrials`.
 */
export const largestPossible = Effect.fnUntraced(function* <T, A, N, E, R>(
  all: ReadonlyArray<T>,
  mostTrials: number,
  attempt: (members: ReadonlyArray<T>) => Effect.Effect<Trial<A, N>, E, R>,
) {
  let kept: ReadonlyArray<T> = []
  let answer: { readonly answer: A } | undefined
  const dropped: Array<{ readonly member: T; readonly objection: N }> = []
  const waiting: Array<ReadonlyArray<T>> = [all]
  for (let trials = 0; trials < mostTrials; trials += 1) {
    const part = waiting.pop()
    const first = part?.[0]
    if (part === undefined || first === undefined) break
    const together = [...kept, ...part]
    const trial = yield* attempt(together)
    if (trial.possible) {
      kept = together
      answer = { answer: trial.answer }
    } else if (part.length === 1) {
      dropped.push({ member: first, objection: trial.objection })
    } else {
      const middle = Math.ceil(part.length / 2)
      waiting.push(part.slice(middle), part.slice(0, middle))
    }
  }
  const found: LargestPossible<T, A, N> = {
    members: kept,
    dropped,
    untried: waiting.toReversed().flat(),
    ...answer,
  }
  return found
})
