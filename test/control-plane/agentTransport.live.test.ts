import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import { LicenseKey } from "../../src/domain/Identifiers.ts"
import { deltaBetween, snapshotDigest } from "../../src/domain/snapshot.ts"
import { ControlPlane } from "../../src/transport/ControlPlane.ts"
import { agentKey, transport } from "../fakes/agentTransport.ts"
import { TestControlPlane } from "../fakes/TestControlPlane.ts"
import { agentIdOf, enrolment, heartbeat, result, snapshotOf, summary } from "./samples.ts"

/** The agent's own transport, trusting the test control plane's CA. */
const withTransport = <A, E, R>(effect: Effect.Effect<A, E, R | ControlPlane>) =>
  Effect.gen(function* () {
    const { url, caFile } = yield* TestControlPlane
    return yield* Effect.provide(effect, transport({ config: { api_url: url, ca_file: caFile } }))
  }).pipe(Effect.provide(TestControlPlane.layer()))

describe("the agent's transport and this control plane", () => {
  it.live("agree on every call", () =>
    withTransport(
      Effect.gen(function* () {
        const { licenseKey, operator } = yield* TestControlPlane
        const controlPlane = yield* ControlPlane
        const { agentId, exchangeToken } = yield* controlPlane.enrol(
          enrolment(agentKey.publicKey),
          licenseKey,
        )
        const params = { agentId }
        const { commandId } = yield* operator.queue({
          params,
          payload: { command: { name: "health_check", parameters: {} } },
        })

        const reply = yield* controlPlane.heartbeat(agentId, heartbeat(exchangeToken))
        assert.lengthOf(reply.commands, 1)
        const receipt = yield* controlPlane.deliverResult(agentId, result(commandId))
        assert.strictEqual(receipt.acknowledged, commandId)

        // Large enough to be compressed on the way.
        const before = snapshotOf(...Array.from({ length: 500 }, (_, index) => `package${index}=1.${index}`))
        const after = snapshotOf("bash=5.2", ...before.packages.map(({ name }) => `${name}=2.0`))
        yield* controlPlane.uploadScan(agentId, { kind: "full", summary: summary(before, 1), ...before })
        yield* controlPlane.uploadScan(agentId, {
          kind: "delta",
          summary: summary(after, 2),
          base: snapshotDigest(before),
          ...deltaBetween(before, after),
        })
        const scan = yield* operator.scan({ params })
        assert.strictEqual(snapshotDigest(scan), snapshotDigest(after))
      }),
    ),
  )

  it.live("agree on every refusal an agent reacts to", () =>
    withTransport(
      Effect.gen(function* () {
        const { licenseKey } = yield* TestControlPlane
        const controlPlane = yield* ControlPlane
        const wrong = Redacted.make(LicenseKey.make("pk_live_00000000"))
        const refused = yield* Effect.flip(controlPlane.enrol(enrolment(agentKey.publicKey), wrong))
        assert.strictEqual(refused._tag, "LicenseKeyRefused")

        const unknown = yield* Effect.flip(controlPlane.heartbeat(agentIdOf(1), heartbeat("t0")))
        assert.strictEqual("code" in unknown ? unknown.code : "", "unknown_agent")

        const { agentId } = yield* controlPlane.enrol(enrolment(agentKey.publicKey), licenseKey)
        const mismatch = yield* Effect.flip(
          controlPlane.uploadScan(agentId, { kind: "digest", summary: summary(snapshotOf()) }),
        )
        assert.strictEqual(mismatch._tag, "SnapshotRefused")
      }),
    ),
  )
})
