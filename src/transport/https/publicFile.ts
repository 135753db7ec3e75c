import * as Effect from "effect/Effect"
import type * as HttpClientResponse from "effect/http/HttpClientResponse"
import { RequestFailed } from "../ControlPlane.ts"
import { readBody } from "./bodies.ts"
import { isSuccess, refused } from "./exchange.ts"

/** Whoever asks without a key cannot be told that it is the wrong one. */
const oddRefusal = () =>
  Effect.fail(
    new RequestFailed({
      code: "rejected",
      retryable: false,
      detail: "the server asks for credentials, which public files do not need: check api_url and the proxy",
    }),
  )

/** For requests without a signature: refusals that only signed ones can get. */
export const oddRefusals = {
  LicenseKeyRefused: oddRefusal,
  AgentRefused: oddRefusal,
  SnapshotRefused: oddRefusal,
} as const

/** Files are compressed or signed as they are: this asks for exactly their bytes. */
export const asTheyAre = ["accept-encoding", "identity"] as const

/** Passes a file as it is, `absent` for one that is not there; everything else is an error. */
export const publicFile = Effect.fnUntraced(function* (response: HttpClientResponse.HttpClientResponse) {
  // What is said about it is read all the same, or the connection could not be used again.
  if (response.status === 404) return yield* Effect.as(readBody(response), "absent" as const)
  if (!isSuccess(response)) return yield* refused(response)
  const coding = response.headers["content-encoding"] ?? "identity"
  if (coding !== "identity") {
    return yield* new RequestFailed({
      code: "response_malformed",
      retryable: false,
      detail: `something on the way packed the file by ${coding.slice(0, 20)}, which was not asked for`,
    })
  }
  return response
})
