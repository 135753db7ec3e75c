import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import {
  Subprocess,
  SubprocessError,
  type SubprocessRequest,
  type SubprocessResult,
} from "../../src/host/Subprocess.ts"

export type Answer = string | Partial<SubprocessResult> | SubprocessError

/** Answers a request, or leaves it to the next one asked. */
export type Responder = (argv: ReadonlyArray<string>, request: SubprocessRequest) => Answer | undefined

/** Answers requests whose argument vector begins with, or contains, these words in this order. */
export const when =
  (words: string, answer: Answer): Responder =>
  (argv) => {
    const wanted = words.split(" ")
    let at = 0
    for (const word of argv) if (word === wanted[at]) at += 1
    return at === wanted.length ? answer : undefined
  }

const resultOf = (answer: string | Partial<SubprocessResult>): SubprocessResult => ({
  exitCode: 0,
  stdout: "",
  stderr: "",
  truncated: false,
  ...(typeof answer === "string" ? { stdout: answer } : answer),
})

export interface FakeSubprocess {
  readonly service: Subprocess["Service"]
  readonly layer: Layer.Layer<Subprocess>
  /** Every request so far, oldest first. */
  readonly calls: ReadonlyArray<SubprocessRequest>
}

/**
 * Plays recorded answers; the first responder that has one wins. A program nobody answers for is not installed.
 * Lines go to `onLine` and `onErrorLine` as they would from the real one, those of stdout first.
 */
export const fakeSubprocess = (...responders: ReadonlyArray<Responder>): FakeSubprocess => {
  const calls: Array<SubprocessRequest> = []
  const run = Effect.fnUntraced(function* (request: SubprocessRequest) {
    calls.push(request)
    const argv = [request.program, ...request.args]
    const answer = responders.map((respond) => respond(argv, request)).find((found) => found !== undefined)
    if (answer === undefined)
      return yield* new SubprocessError({ program: request.program, reason: "not_found" })
    if (answer instanceof SubprocessError) return yield* answer
    const result = resultOf(answer)
    const { onLine, onErrorLine } = request
    if (onLine !== undefined) {
      yield* Effect.forEach(result.stdout.split("\n").slice(0, -1), (line) => onLine(line), { discard: true })
    }
    if (onErrorLine !== undefined) {
      yield* Effect.forEach(result.stderr.split("\n").slice(0, -1), (line) => onErrorLine(line), {
        discard: true,
      })
    }
    return result
  })
  const service = Subprocess.of({ run })
  return { service, layer: Layer.succeed(Subprocess, service), calls }
}
