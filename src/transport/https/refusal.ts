import type * as DateTime from "effect/DateTime"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import { AgentRefused, LicenseKeyRefused, RequestFailed, SnapshotRefused } from "../ControlPlane.ts"
import { retryAfterSeconds } from "./retryAfter.ts"

/** What is read of an RFC 9457 problem. */
const Problem = Schema.Struct({
  code: Schema.String.check(Schema.isPattern(/^[a-z_]{1,64}$/)),
  title: Schema.optionalKey(Schema.String),
})
const decodeProblem = Schema.decodeUnknownOption(Schema.fromJsonString(Problem))

/** An answer without its body's meaning, as this module needs it. */
export interface Answer {
  readonly status: number
  readonly headers: Readonly<Record<string, string | undefined>>
  readonly body: string
}

const printable = (text: string) => text.replace(/\p{C}/gu, " ").trim().slice(0, 200)

/** Nothing of a foreign body but these two fields may get into a message, and from there into logs. */
const describe = (answer: Answer, problem: Option.Option<typeof Problem.Type>) => {
  if (Option.isSome(problem)) {
    const { code, title } = problem.value
    return title === undefined ? code : printable(`${code}: ${title}`)
  }
  return answer.status >= 300 && answer.status < 400
    ? "the server redirects, which is not followed: check api_url"
    : "the answer is no problem document: a proxy or load balancer may have given it"
}

const worthRetrying = (status: number) => status >= 500 || status === 408 || status === 425 || status === 429

const kindOf = (status: number) => {
  if (status === 429) return "rate_limited"
  return status >= 500 ? "server_error" : "rejected"
}

/** What an answer other than 2xx means. The problem's `code` decides where there is one, else the status. */
export const refusal = (
  answer: Answer,
  now: DateTime.Utc,
): LicenseKeyRefused | AgentRefused | SnapshotRefused | RequestFailed => {
  const problem = decodeProblem(answer.body)
  const code = Option.getOrUndefined(problem)?.code
  if (answer.status >= 400 && answer.status < 500) {
    if (code === "invalid_license_key") return new LicenseKeyRefused()
    if (code === "unknown_agent" || code === "bad_request_signature") return new AgentRefused({ code })
    if (code === "snapshot_mismatch") return new SnapshotRefused()
  }
  const retryable = worthRetrying(answer.status)
  const wait = retryable ? retryAfterSeconds(answer.headers["retry-after"], now) : undefined
  return new RequestFailed({
    code: kindOf(answer.status),
    retryable,
    status: answer.status,
    detail: describe(answer, problem),
    ...(wait === undefined ? {} : { retryAfterSeconds: wait }),
  })
}
