import * as Effect from "effect/Effect"

const forget = () => {}

/**
 * From here on the work goes to its end though whoever asked has gone, be it a daemon that was restarted or an executor
 * that was killed. A broken connection is an error of stdin (ECONNRESET, when something said was never read) and of stdout
 * (EPIPE), and one that nobody listens to ends a Node process.
 */
export const outliveAsker = Effect.sync(() => {
  for (const stream of [process.stdin, process.stdout, process.stderr]) stream.on("error", forget)
})
