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

/** A trial that may also say which of its members it failed for. They need not all be to blame. */
export type NamingTrial<T, A, N> = Trial<A, N> & { readonly suspects?: ReadonlyArray<T> }

/** The parts to try instead of one that is not possible: the suspects each alone and last, or else halves. */
const partsOf = <T>(part: ReadonlyArray<T>, suspects: ReadonlyArray<T>): ReadonlyArray<ReadonlyArray<T>> => {
  const isSuspect = new Set(suspects)
  const others = part.filter((member) => !isSuspect.has(member))
  const middle = Math.ceil(part.length / 2)
  return others.length === 0 || others.length === part.length
    ? [part.slice(0, middle), part.slice(middle)]
    : [others, ...part.filter((member) => isSuspect.has(member)).map((member) => [member])]
}

/**
 * Leaves out as few members as it takes to make a set possible: tries all together and, where that fails, all but the
 * suspects and then each of these, or, where there are none, halves, down to the single members that are to blame. One
 * trial when nothing is wrong; for each culprit one when it is suspected, else about `2 log2(n)`. What is kept stays
 * kept, so of two members that exclude each other the first wins. Ends after `mostTrials`.
 */
export const largestPossible = Effect.fnUntraced(function* <T, A, N, E, R>(
  all: ReadonlyArray<T>,
  mostTrials: number,
  attempt: (members: ReadonlyArray<T>) => Effect.Effect<NamingTrial<T, A, N>, E, R>,
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
      waiting.push(...partsOf(part, trial.suspects ?? []).toReversed())
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
