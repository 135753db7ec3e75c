import * as Effect from "effect/Effect"
import { spawn } from "node:child_process"
import { createServer } from "node:net"

/**
 * Listens as systemd does with `Accept=yes`: each connection becomes stdin and stdout of a process of its own, which
 * outlives connection and listener. Nobody listens any more when the scope ends.
 */
export const listen = Effect.fn("listen")(function* (
  path: string,
  argv: ReadonlyArray<string>,
  env: Readonly<Record<string, string | undefined>>,
) {
  const pids: Array<number> = []
  yield* Effect.acquireRelease(
    Effect.callback<ReturnType<typeof createServer>>((resume) => {
      const server = createServer({ pauseOnConnect: true, allowHalfOpen: true }, (socket) => {
        const child = spawn(process.execPath, argv, {
          env,
          stdio: [socket, socket, "ignore"],
          detached: true,
        })
        if (child.pid !== undefined) pids.push(child.pid)
        child.unref()
        // The child has its own descriptors now.
        socket.destroy()
      })
      server.listen(path, () => resume(Effect.succeed(server)))
    }),
    (server) => Effect.sync(() => server.close()),
  )
  return {
    /** Every executor that was started. */
    pids: Effect.sync(() => [...pids]),
  }
})
