import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import type { ServerResponse } from "node:http"
import { gunzipSync } from "node:zlib"
import type { CommandResult } from "../../src/domain/Command.ts"
import { Heartbeat, ScanUpload } from "../../src/protocol/AgentMessages.ts"
import { agentPaths } from "../../src/protocol/agentPaths.ts"
import { agentId, issuer, makeSigner, organization } from "./CommandSigning.ts"
import { type Answer, json, type Received, startServer } from "./MisbehavingServer.ts"
import type { TestCertificate } from "./TestPki.ts"

const decodeBeat = Schema.decodeUnknownSync(Schema.fromJsonString(Schema.toCodecJson(Heartbeat)))
const decodeUpload = Schema.decodeUnknownSync(Schema.fromJsonString(Schema.toCodecJson(ScanUpload)))

const textOf = ({ headers, body }: Received) =>
  (headers["content-encoding"] === "gzip" ? gunzipSync(body) : body).toString()

/** One heartbeat as it arrived, whatever was answered. */
export interface BeatSeen {
  /** Milliseconds since the epoch. */
  readonly at: number
  readonly beat: Heartbeat
}

/** The envelopes to deliver when there are results of these commands. */
export type Offer = (answered: ReadonlySet<string>) => ReadonlyArray<string>

/**
 * A control plane that enrols every agent as it should and then answers heartbeats as it is told: `answerBeats`
 * replaces the good answer until `behave`, `offer` decides which envelopes are in every good answer, given the commands it has results of.
 */
export const startHostile = Effect.fn("HostileControlPlane.start")(function* (
  certificate: Pick<TestCertificate, "pem" | "privateKeyPem">,
  port = 0,
) {
  const clock = yield* Clock.Clock
  const signer = yield* makeSigner
  const beats: Array<BeatSeen> = []
  const results: Array<CommandResult> = []
  let offered: Offer = () => []
  let misbehaviour: ((response: ServerResponse) => void) | undefined

  const reply = () => ({
    serverTime: new Date(clock.currentTimeMillisUnsafe()).toISOString(),
    nextBeatSeconds: 1,
    exchangeToken: `token-${beats.length}`,
    commands: offered(new Set(results.map((result) => result.commandId))),
    acknowledged: beats.at(-1)?.beat.results.map(({ commandId }) => commandId) ?? [],
    want: [],
  })

  const answer: Answer = (request, response) => {
    switch (request.url) {
      case agentPaths.enrol:
        return json(response, {
          agentId,
          exchangeToken: "token",
          issuer,
          organization,
          commandKeys: [signer.key],
          nextBeatSeconds: 1,
          features: [],
        })
      case agentPaths.uploadScan: {
        const { scanId, digest } = decodeUpload(textOf(request)).summary
        return json(response, { scanId, digest })
      }
      case agentPaths.heartbeat: {
        const beat = decodeBeat(textOf(request))
        beats.push({ at: clock.currentTimeMillisUnsafe(), beat })
        if (misbehaviour !== undefined) return misbehaviour(response)
        results.push(...beat.results)
        return json(response, reply())
      }
      default:
        return json(response, {}, 404)
    }
  }
  const server = yield* startServer(certificate, answer, {}, port)

  return {
    url: server.url,
    signer,
    beats: Effect.sync(() => [...beats]),
    results: Effect.sync(() => [...results]),
    offer: (envelopes: Offer) => Effect.sync(() => void (offered = envelopes)),
    answerBeats: (answer: (response: ServerResponse) => void) =>
      Effect.sync(() => void (misbehaviour = answer)),
    behave: Effect.sync(() => void (misbehaviour = undefined)),
  }
})
