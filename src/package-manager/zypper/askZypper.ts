import * as Effect from "effect/Effect"
import type { PartialReason } from "../../domain/Scan.ts"
import type { SubprocessRequest, SubprocessResult } from "../../host/Subprocess.ts"
import { lastWords } from "../outputText.ts"
import { ManagerError } from "../PackageManager.ts"
import { cutShort, notUnderstood } from "../partialReasons.ts"
import type { ReadDependencies } from "../preflight.ts"
import { reposSkipped, zypperExit } from "./zypperExit.ts"
import { notRun, zypperFailure } from "./zypperFailure.ts"
import { complaintOf, oneLine, skippedRepositories } from "./zypperMessages.ts"
import { readStream, type ZypperStream } from "./zypperStream.ts"

export interface Answer {
  readonly stream: ZypperStream
  readonly result: SubprocessResult
  /** False where what was asked for cannot be had, or is not known; `stream` says why. */
  readonly solved: boolean
  readonly reasons: ReadonlyArray<PartialReason>
}

const reason = (code: PartialReason["code"], detail: string): PartialReason => ({
  manager: "zypper",
  code,
  detail,
})

/** What keeps an answer from being the whole truth. */
const doubts = (
  command: string,
  result: SubprocessResult,
  stream: ZypperStream,
): ReadonlyArray<PartialReason> => {
  const skipped = skippedRepositories(stream)
  return [
    ...skipped.map(({ name, message }) => reason("repository_failed", `${name}: ${message}`)),
    ...(result.exitCode === reposSkipped && skipped.length === 0
      ? [reason("repository_failed", `${command} left out a repository: ${complaintOf(stream, result)}`)]
      : []),
    ...(stream.broken === undefined || result.truncated
      ? []
      : [
          {
            ...reason("lines_not_understood", `the answer of ${command} breaks off: ${stream.broken}`),
            count: 1,
          },
        ]),
    ...notUnderstood("zypper", command, stream.notUnderstood),
    ...cutShort("zypper", command, result.truncated),
  ]
}

/**
 * Puts a question to zypper. Fails when there is no answer: with `locked`, `needs_root`, `output_not_understood` when
 * what it printed is not its document at all, or `failed`. What the answer may lack is in its `reasons`.
 */
export const askZypper = Effect.fnUntraced(function* (
  { subprocess }: Pick<ReadDependencies, "subprocess">,
  operation: string,
  request: SubprocessRequest,
): Effect.fn.Return<Answer, ManagerError> {
  const result = yield* subprocess.run(request).pipe(notRun(operation))
  const stream = yield* readStream(result.stdout)
  const command = `zypper ${request.args.find((word) => !word.startsWith("-")) ?? ""}`
  const { meaning } = zypperExit(result.exitCode)
  if (meaning !== "done" && meaning !== "unsolved") return yield* zypperFailure(operation, result, stream)
  if (!stream.begun) {
    const detail = oneLine(`${command} did not answer in XML: ${lastWords(result)}`)
    return yield* new ManagerError({
      manager: "zypper",
      operation,
      reason: "output_not_understood",
      detail,
    })
  }
  return { stream, result, solved: meaning === "done", reasons: doubts(command, result, stream) }
})

/** Whether an answer was read to its end, whatever others may have printed into it. */
export const isWhole = ({ stream, result }: Answer): boolean =>
  stream.broken === undefined && !result.truncated
