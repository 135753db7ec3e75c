import * as DateTime from "effect/DateTime"

/** What is held of the tokens given to one agent. */
export interface ExchangeState {
  readonly current: string
  readonly previous?: string
  /** When the last beat that moved the tokens was sent, by the agent's clock, or when the agent enrolled again, by ours. */
  readonly sentAt?: DateTime.Utc
  readonly cloneSuspected: boolean
}

/** The token a beat carries, and when it says it was sent. */
export interface Presented {
  readonly exchangeToken: string
  readonly sentAt: DateTime.Utc
}

/**
 * One beat's turn of the exchange. Every beat hands in the token of the last reply and gets the next, so two hosts
 * with one identity give themselves away: sooner or later one hands in a token that the other has used up.
 *
 * The previous token means that the last reply was lost, or went to the other host. Therefore its answer is a fresh
 * token and not the current one again: two clones that beat in turn would otherwise pass for lost replies for ever.
 * Only a beat sent before the last one is answered with the current token, because it was merely late.
 */
export const exchange = (held: ExchangeState, presented: Presented, fresh: string): ExchangeState => {
  const moved = { current: fresh, sentAt: presented.sentAt, cloneSuspected: held.cloneSuspected }
  if (presented.exchangeToken === held.current) return { ...moved, previous: held.current }
  if (presented.exchangeToken !== held.previous) return { ...held, cloneSuspected: true }
  const late = held.sentAt !== undefined && DateTime.isLessThan(presented.sentAt, held.sentAt)
  return late ? held : { ...moved, previous: held.previous }
}
