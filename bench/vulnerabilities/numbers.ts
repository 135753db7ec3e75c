/** Numbers that look random and are the same in every run (a linear congruential generator, Numerical Recipes). */
export const numbers = (seed: number) => {
  let state = seed
  return (below: number): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return Math.floor((state / 2 ** 32) * below)
  }
}
export type Numbers = ReturnType<typeof numbers>

/** An element of a list, any of them. */
export const anyOf = <A>(below: Numbers, [first, ...others]: readonly [A, ...ReadonlyArray<A>]): A =>
  others[below(others.length + 1) - 1] ?? first

/** What comes round again and again at this place. */
export const turn = <A>(list: readonly [A, ...ReadonlyArray<A>], at: number): A =>
  list[at % list.length] ?? list[0]
