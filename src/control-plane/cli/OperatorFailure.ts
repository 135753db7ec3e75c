import * as Runtime from "effect/Runtime"
import * as Schema from "effect/Schema"
import type * as HttpClientError from "effect/http/HttpClientError"
import type {
  InsufficientScope,
  InvalidRequest,
  InvalidToken,
  NotFound,
  PayloadTooLarge,
  Unavailable,
} from "../../protocol/Problems.ts"
import { exitCodes } from "./exitCodes.ts"

/** A command of the operator that could not be carried out. `reason` decides the exit code. */
export class OperatorFailure extends Schema.TaggedError<OperatorFailure>()("OperatorFailure", {
  reason: Schema.Literals(["failed", "usage", "notFound", "waited", "unreachable", "refused"]),
  detail: Schema.String,
}) {
  override readonly [Runtime.errorExitCode] = exitCodes[this.reason]
  override get message() {
    return this.detail
  }
}

type Answer =
  | InsufficientScope
  | InvalidRequest
  | InvalidToken
  | NotFound
  | PayloadTooLarge
  | Unavailable
  | HttpClientError.HttpClientError
  | Schema.SchemaError

const reasons = {
  InsufficientScope: "refused",
  InvalidToken: "refused",
  NotFound: "notFound",
} as const

const transportText = ({ cause }: HttpClientError.TransportError) =>
  cause instanceof Error && cause.message !== "" ? cause.message : "the connection failed"

/** What an answer of the control plane, or its absence, means to whoever typed the command. */
export const toOperatorFailure = (answer: Answer): OperatorFailure => {
  switch (answer._tag) {
    case "HttpClientError":
      return answer.reason._tag === "TransportError"
        ? new OperatorFailure({
            reason: "unreachable",
            detail: `the control plane cannot be reached: ${transportText(answer.reason)}; check --url and --ca-file, and that it is running`,
          })
        : new OperatorFailure({ reason: "failed", detail: `unexpected answer: ${answer.message}` })
    case "SchemaError":
      return new OperatorFailure({
        reason: "failed",
        detail: "the answer is not as documented: the control plane is of another version",
      })
    case "InsufficientScope":
    case "InvalidToken":
    case "NotFound":
      return new OperatorFailure({ reason: reasons[answer._tag], detail: answer.message })
    default:
      return new OperatorFailure({ reason: "failed", detail: answer.message })
  }
}
