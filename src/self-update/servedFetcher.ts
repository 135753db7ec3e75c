import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Queue from "effect/Queue"
import type { Fetcher } from "tuf-js"
import type { RequestFailed, TlsRefused } from "../transport/ControlPlane.ts"
import { ReleaseFiles } from "../transport/ReleaseFiles.ts"

/** tuf-js takes this status for "there is no newer one". */
const notFound = 404

interface Question {
  readonly file: string
  readonly limitBytes: number
  readonly answer: (bytes: Buffer) => void
  readonly refuse: (cause: unknown) => void
}

/** Any host would do: tuf-js makes addresses out of it, of which only the name of the file counts here. */
export const metadataAddress = "https://releases.invalid/"

/**
 * Lets tuf-js fetch through the agent's own client: its questions go into a queue, which a fiber answers until the scope
 * ends. `clientFailure` fails as the client did, if it did; tuf-js would keep only the text.
 */
export const servedFetcher = Effect.gen(function* () {
  // Not before it is needed: the daemon has no use for it, and it costs 2 MB.
  const { DownloadHTTPError } = yield* Effect.promise(() => import("tuf-js/dist/error.js"))
  const source = yield* ReleaseFiles
  const questions = yield* Queue.unbounded<Question>()
  let failure: Cause.Cause<TlsRefused | RequestFailed> | undefined

  const serve = ({ file, limitBytes, answer, refuse }: Question) =>
    Effect.matchCause(source.metadata(file, limitBytes), {
      onSuccess: Option.match({
        onNone: () => refuse(new DownloadHTTPError(`there is no ${file}`, notFound)),
        onSome: (bytes) => answer(Buffer.from(bytes)),
      }),
      onFailure: (cause) => {
        failure = cause
        refuse(Cause.squash(cause))
      },
    })
  yield* Queue.take(questions).pipe(Effect.flatMap(serve), Effect.forever, Effect.forkScoped)

  const ask = (url: string, limitBytes: number) =>
    new Promise<Buffer>((answer, refuse) => {
      Queue.offerUnsafe(questions, { file: new URL(url).pathname.slice(1), limitBytes, answer, refuse })
    })
  const fetcher: Fetcher = {
    downloadBytes: ask,
    // Executables take another way, without a second copy on disk.
    downloadFile: () => Promise.reject(new DownloadHTTPError("only metadata are fetched here", notFound)),
  }
  const clientFailure = Effect.suspend(() =>
    failure === undefined ? Effect.void : Effect.failCause(failure),
  )
  return { fetcher, clientFailure }
})
