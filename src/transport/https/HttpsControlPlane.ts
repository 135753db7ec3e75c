import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as Schedule from "effect/Schedule"
import * as Schema from "effect/Schema"
import type * as HttpClient from "effect/http/HttpClient"
import type { AgentConfig } from "../../config/AgentConfig.ts"
import type { ConfigError } from "../../config/ConfigError.ts"
import type { Environment } from "../../config/Environment.ts"
import { CommandResult } from "../../domain/Command.ts"
import {
  Enrolled,
  Enrolment,
  Heartbeat,
  HeartbeatReply,
  ResultReceipt,
  ScanReceipt,
  ScanUpload,
} from "../../protocol/AgentMessages.ts"
import { agentPaths } from "../../protocol/agentPaths.ts"
import { controlPlaneRetry, requestTimeout, type Retryable } from "../../schedules.ts"
import { Identity } from "../../store/Identity.ts"
import { ControlPlane, RequestFailed, SnapshotRefused } from "../ControlPlane.ts"
import { encodeBody } from "./bodies.ts"
import { type Credentials, makeSignedPost } from "./signedPost.ts"

/** How long one try of a call may take, and when there is another. */
export interface RequestPolicy {
  readonly timeout: Duration.Duration
  readonly retry: Schedule.Schedule<unknown, Retryable>
}

const isSnapshotRefused = Schema.is(SnapshotRefused)

const malformed = () =>
  new RequestFailed({
    code: "response_malformed",
    retryable: true,
    detail: "the answer is not of the expected shape: check api_url, then the versions of both sides",
  })

/** Only a scan can be of the wrong snapshot. */
const noSnapshot = <A, E>(call: Effect.Effect<A, E | SnapshotRefused>) =>
  Effect.catchIf(call, isSnapshotRefused, () =>
    Effect.fail(
      new RequestFailed({
        code: "rejected",
        retryable: false,
        detail: "snapshot_mismatch for something that is no scan",
      }),
    ),
  )

/** `ControlPlane` by HTTPS under any policy; `layer` has the one of the product. */
export const layerPolicy = (
  policy: RequestPolicy,
): Layer.Layer<ControlPlane, ConfigError, HttpClient.HttpClient | AgentConfig | Environment | Identity> =>
  Layer.effect(
    ControlPlane,
    Effect.gen(function* () {
      const { publicKey } = yield* Identity
      const post = yield* makeSignedPost(policy.timeout)

      /** One call: encodes once, tries as the policy says. What we encode is ours, so failing there is a bug. */
      const call = <
        Sent extends Schema.Codec<unknown, unknown>,
        Received extends Schema.Codec<unknown, unknown>,
      >(
        name: keyof typeof agentPaths,
        sent: Sent,
        received: Received,
      ) => {
        const encode = Schema.encodeEffect(Schema.fromJsonString(Schema.toCodecJson(sent)))
        const decode = Schema.decodeEffect(Schema.fromJsonString(Schema.toCodecJson(received)))
        return Effect.fn(`ControlPlane.${name}`)(function* (message: Sent["Type"], credentials: Credentials) {
          const body = yield* Effect.flatMap(Effect.orDie(encode(message)), encodeBody)
          return yield* post(agentPaths[name], body, credentials).pipe(
            Effect.flatMap((text) => Effect.mapError(decode(text), malformed)),
            Effect.retry(policy.retry),
          )
        })
      }

      const enrol = call("enrol", Enrolment, Enrolled)
      const heartbeat = call("heartbeat", Heartbeat, HeartbeatReply)
      const uploadScan = call("uploadScan", ScanUpload, ScanReceipt)
      const deliverResult = call("deliverResult", CommandResult, ResultReceipt)

      return ControlPlane.of({
        enrol: (enrolment, licenseKey) => noSnapshot(enrol(enrolment, { keyid: publicKey.kid, licenseKey })),
        heartbeat: (agent, beat) => noSnapshot(heartbeat(beat, { keyid: agent })),
        uploadScan: (agent, upload) => uploadScan(upload, { keyid: agent }),
        deliverResult: (agent, result) => noSnapshot(deliverResult(result, { keyid: agent })),
      })
    }),
  )

export const layer = layerPolicy({ timeout: requestTimeout, retry: controlPlaneRetry })
