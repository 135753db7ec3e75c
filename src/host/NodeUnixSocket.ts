import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import { createConnection, type Socket } from "node:net"
import { keepFirst, splitLines } from "./outputBuffer.ts"
import { UnixSocket, UnixSocketError, type UnixSocketRequest } from "./UnixSocket.ts"

/** errno(3) names of connect(2). */
const reasons: Readonly<Record<string, UnixSocketError["reason"]>> = {
  ENOENT: "not_there",
  ECONNREFUSED: "nobody_listens",
  EACCES: "not_permitted",
  EPERM: "not_permitted",
}

const failure = (path: string) => (cause: unknown) => {
  const code = typeof cause === "object" && cause !== null && "code" in cause ? String(cause.code) : ""
  return new UnixSocketError({ path, reason: reasons[code] ?? "lost", cause })
}

/** A connection that is closed with the scope. */
const connect = (path: string): Effect.Effect<Socket, UnixSocketError, Scope.Scope> =>
  Effect.acquireRelease(
    Effect.callback<Socket, UnixSocketError>((resume) => {
      const socket = createConnection({ path, allowHalfOpen: true })
      socket.once("connect", () => resume(Effect.succeed(socket)))
      // Stays: an error that nobody hears would end the process.
      socket.on("error", (cause) => resume(Effect.fail(failure(path)(cause))))
      return Effect.sync(() => socket.destroy())
    }),
    (socket) => Effect.sync(() => socket.destroy()),
  )

const ask = Effect.fn("UnixSocket.ask")(function* (request: UnixSocketRequest) {
  const { path, onLine } = request
  const asking = Effect.gen(function* () {
    const socket = yield* connect(path)
    socket.end(request.input)
    const output = keepFirst(request.outputLimitBytes)
    const lines = splitLines()
    yield* Stream.runForEach(
      Stream.fromAsyncIterable<Buffer, UnixSocketError>(socket, failure(path)),
      (chunk) => {
        output.add(chunk)
        return onLine === undefined
          ? Effect.void
          : Effect.forEach(lines(chunk), (line) => onLine(line), { discard: true })
      },
    )
    return { output: output.text(), truncated: output.truncated() }
  })
  return yield* asking.pipe(
    Effect.scoped,
    Effect.timeoutOrElse({
      duration: request.timeout,
      orElse: () => Effect.fail(new UnixSocketError({ path, reason: "timed_out" })),
    }),
  )
})

export const layer = Layer.succeed(UnixSocket, { ask })
