import * as Context from "effect/Context"
import type * as Duration from "effect/Duration"
import type * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"

/** One question to a program of this host that listens on a unix stream socket. */
export interface UnixSocketRequest {
  readonly path: string
  /** Written at once; then the writing side is closed. */
  readonly input: string
  /** From connecting to the last byte. The program at the other end learns nothing of it but a closed connection. */
  readonly timeout: Duration.Input
  /** Output beyond this many bytes is dropped and reported as `truncated`. */
  readonly outputLimitBytes: number
  /** Called with each complete line as it comes; of a very long one with its beginning. */
  readonly onLine?: (line: string) => Effect.Effect<void>
}

export interface UnixSocketResult {
  readonly output: string
  readonly truncated: boolean
}

/** The question could not be asked, or the connection ended other than by the program at the other end closing it. */
export class UnixSocketError extends Schema.TaggedError<UnixSocketError>()("UnixSocketError", {
  path: Schema.String,
  reason: Schema.Literals(["not_there", "nobody_listens", "not_permitted", "timed_out", "lost"]),
  cause: Schema.optionalKey(Schema.Defect()),
}) {
  override get message() {
    const what = {
      not_there: "is not there",
      nobody_listens: "has nobody who listens",
      not_permitted: "may not be used by this user",
      timed_out: "gave no answer in time",
      lost: "lost the connection",
    }[this.reason]
    return `${this.path} ${what}`
  }
}

/** Asks programs of this host over unix sockets: one line or more in, everything up to the end of the connection out. */
export class UnixSocket extends Context.Service<
  UnixSocket,
  {
    readonly ask: (request: UnixSocketRequest) => Effect.Effect<UnixSocketResult, UnixSocketError>
  }
>()("patchctl/host/UnixSocket") {}
