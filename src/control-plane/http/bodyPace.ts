import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type { IncomingMessage } from "node:http"
import type { Server } from "node:https"

/** How slowly a body may come. */
export interface Pace {
  readonly bytesPerSecond: number
  /** So much later than that it may be. */
  readonly grace: Duration.Duration
  readonly lookEvery: Duration.Duration
}

/** Half of what agents put up with: where a line is merely slow, theirs is the limit. */
const usualPace: Pace = {
  bytesPerSecond: 500,
  grace: Duration.seconds(60),
  lookEvery: Duration.seconds(10),
}

/** How long so many bytes of a body may take to come. */
export const timeForBody = (bytes: number, { grace, bytesPerSecond }: Pace = usualPace) =>
  Duration.sum(grace, Duration.seconds(bytes / bytesPerSecond))

/** Ends the connections of requests whose body comes more slowly; whatever size it has, it must get on. */
export const cutOffDawdlers = Effect.fnUntraced(function* (server: Server, pace = usualPace) {
  const clock = yield* Clock.Clock
  const open = new Map<IncomingMessage, { readonly since: number; readonly bytesBefore: number }>()
  const isTooSlow = (
    { socket }: IncomingMessage,
    { since, bytesBefore }: { since: number; bytesBefore: number },
  ) =>
    clock.currentTimeMillisUnsafe() - since >
    Duration.toMillis(timeForBody(socket.bytesRead - bytesBefore, pace))
  const watch = (request: IncomingMessage) => {
    open.set(request, { since: clock.currentTimeMillisUnsafe(), bytesBefore: request.socket.bytesRead })
    request.once("close", () => open.delete(request))
  }
  yield* Effect.acquireRelease(
    Effect.sync(() => server.on("request", watch).on("checkContinue", watch)),
    () => Effect.sync(() => server.off("request", watch).off("checkContinue", watch)),
  )
  return yield* Effect.sync(() => {
    for (const [request, begun] of open) {
      if (request.complete) open.delete(request)
      else if (isTooSlow(request, begun)) request.socket.destroy()
    }
  }).pipe(Effect.delay(pace.lookEvery), Effect.forever)
})
