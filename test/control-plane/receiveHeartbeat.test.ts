import { NodeCrypto } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as References from "effect/References"
import { CommandSigner } from "../../src/control-plane/CommandSigner.ts"
import { receiveHeartbeat } from "../../src/control-plane/receiveHeartbeat.ts"
import { heartbeat } from "./samples.ts"
import { enrolled, layer } from "./temporaryStore.ts"

const world = Layer.mergeAll(
  layer,
  Layer.mock(CommandSigner, { issuer: "cp_test", rotationsAfter: () => Effect.succeed([]) }),
  NodeCrypto.layerSecureRandom,
)

describe("receiveHeartbeat", () => {
  it.effect("warns of two hosts with one identity, once, and answers both", () =>
    Effect.gen(function* () {
      const told: Array<string> = []
      const log = Logger.layer([
        Logger.make(({ message, fiber }) => {
          const { agent } = fiber.getRef(References.CurrentLogAnnotations)
          told.push([message, agent].flat().join(" "))
        }),
      ])
      const agentId = yield* enrolled()
      const beat = (token: string) => receiveHeartbeat(agentId, heartbeat(token)).pipe(Effect.provide(log))
      const first = yield* beat("t0")
      const second = yield* beat(first.exchangeToken)
      assert.deepStrictEqual(told, [])
      const copy = yield* beat("t0")
      assert.deepStrictEqual(told, [`agent.clone_suspected ${agentId}`])
      assert.strictEqual(copy.exchangeToken, second.exchangeToken)
      yield* beat("t0")
      assert.lengthOf(told, 1)
    }).pipe(Effect.provide(world)),
  )
})
