import { assert, describe, it } from "@effect/vitest"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as FileSystem from "effect/FileSystem"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import type { TrustAnchor } from "../../src/protocol/TrustAnchor.ts"
import { Trust } from "../../src/store/Trust.ts"
import { agentId, makeSigner, otherAgentId } from "../fakes/CommandSigning.ts"
import { layerAnnouncing } from "../vulnerability/FailingFileSystem.ts"
import { inDirectory, mode } from "./stateFiles.ts"

describe("Trust", () => {
  it.live("pins on first use, and takes nothing else without a signature", () =>
    inDirectory((directory) =>
      Effect.gen(function* () {
        const path = `${directory}/trust.json`
        const { anchor: first } = yield* makeSigner
        const { anchor: stranger } = yield* makeSigner
        const trust = yield* Effect.provide(Trust, Trust.layer(path))
        assert.deepStrictEqual(yield* trust.anchor, Option.none())
        yield* trust.pin(first)
        assert.strictEqual(yield* mode(path), 0o644)
        const refusal = (offered: TrustAnchor) =>
          Effect.map(Effect.flip(trust.pin(offered)), ({ reason }) => reason)
        assert.strictEqual(yield* refusal({ ...first, agentId: otherAgentId }), "other_agent")
        assert.strictEqual(yield* refusal({ ...first, organization: "org_other" }), "other_organization")
        assert.strictEqual(yield* refusal({ ...first, issuer: "cp_other" }), "other_keys")
        assert.strictEqual(yield* refusal(stranger), "other_keys")
        assert.deepStrictEqual(yield* trust.anchor, Option.some(first))
      }),
    ),
  )

  it.live("puts another agent id in place of the one that is pinned, and of no other", () =>
    inDirectory((directory) =>
      Effect.gen(function* () {
        const { anchor: first } = yield* makeSigner
        const trust = yield* Effect.provide(Trust, Trust.layer(`${directory}/trust.json`))
        const names = { from: agentId, to: otherAgentId }
        yield* trust.rename(names)
        assert.deepStrictEqual(yield* trust.anchor, Option.none())
        yield* trust.pin({ ...first, generation: 2 })
        yield* trust.rename({ from: otherAgentId, to: otherAgentId })
        assert.deepStrictEqual(yield* trust.anchor, Option.some({ ...first, generation: 2 }))
        yield* trust.rename(names)
        assert.deepStrictEqual(
          yield* trust.anchor,
          Option.some({ ...first, generation: 2, agentId: otherAgentId }),
        )
      }),
    ),
  )

  it.live("puts keys of a higher generation in place of the pinned ones, and never older ones again", () =>
    inDirectory((directory) =>
      Effect.gen(function* () {
        const { anchor: first } = yield* makeSigner
        const { key: second } = yield* makeSigner
        const { key: third } = yield* makeSigner
        const trust = yield* Effect.provide(Trust, Trust.layer(`${directory}/trust.json`))
        yield* trust.replaceKeys({ generation: 1, commandKeys: [second] })
        assert.deepStrictEqual(yield* trust.anchor, Option.none())
        yield* trust.pin(first)
        yield* trust.replaceKeys({ generation: 2, commandKeys: [second] })
        const now: TrustAnchor = { ...first, generation: 2, commandKeys: [second] }
        assert.deepStrictEqual(yield* trust.anchor, Option.some(now))
        yield* trust.replaceKeys({ generation: 1, commandKeys: [third] })
        yield* trust.replaceKeys({ generation: 2, commandKeys: [third] })
        assert.deepStrictEqual(yield* trust.anchor, Option.some(now))
        assert.strictEqual((yield* Effect.flip(trust.pin(first)))._tag, "PinRefused")
      }),
    ),
  )

  it.live("has brought every change to the disk before anything relies on it", () =>
    inDirectory((directory) =>
      Effect.gen(function* () {
        const path = `${directory}/trust.json`
        const { anchor } = yield* makeSigner
        const { key } = yield* makeSigner
        const steps: Array<string> = []
        const recording = layerAnnouncing((change, at) =>
          Effect.sync(() => void steps.push(`${change} ${at.slice(directory.length)}`)),
        )
        const trust = yield* Effect.provide(Trust, Trust.layer(path).pipe(Layer.provide(recording)))
        const changes = [
          trust.pin(anchor),
          trust.rename({ from: agentId, to: otherAgentId }),
          trust.replaceKeys({ generation: 1, commandKeys: [key] }),
        ]
        for (const change of changes) {
          steps.length = 0
          yield* change
          assert.deepStrictEqual(steps, [
            "remove /trust.json.new",
            "open /trust.json.new",
            "write /trust.json.new",
            "chmod /trust.json.new",
            "sync /trust.json.new",
            "rename /trust.json",
            // The new name is on disk, too.
            "sync ",
          ])
        }
      }),
    ),
  )

  it.live("is changed by one executor at a time", () =>
    inDirectory((directory) =>
      Effect.gen(function* () {
        const path = `${directory}/trust.json`
        const { anchor, key } = yield* makeSigner
        const { anchor: stranger } = yield* makeSigner
        const begun = yield* Deferred.make<void>()
        const goOn = yield* Deferred.make<void>()
        const slow = layerAnnouncing((change) =>
          change === "open"
            ? Effect.andThen(Deferred.succeed(begun, undefined), Deferred.await(goOn))
            : Effect.void,
        )
        const first = yield* Effect.provide(Trust, Trust.layer(path).pipe(Layer.provide(slow)))
        const second = yield* Effect.provide(Trust, Trust.layer(path))
        const pinning = yield* Effect.forkChild(first.pin(anchor))
        yield* Deferred.await(begun)
        const changes = [
          second.pin(stranger),
          second.rename({ from: agentId, to: otherAgentId }),
          second.replaceKeys({ generation: 1, commandKeys: [key] }),
        ]
        for (const change of changes) assert.strictEqual((yield* Effect.flip(change)).reason, "busy")
        yield* Deferred.succeed(goOn, undefined)
        yield* Fiber.join(pinning)
        assert.deepStrictEqual(yield* second.anchor, Option.some(anchor))
        assert.strictEqual((yield* Effect.flip(second.pin(stranger))).reason, "other_keys")
      }),
    ),
  )

  it.live("does not pin anew when the file is damaged", () =>
    inDirectory((directory) =>
      Effect.gen(function* () {
        const path = `${directory}/trust.json`
        const files = yield* FileSystem.FileSystem
        yield* files.writeFileString(path, "{")
        const { anchor } = yield* makeSigner
        const trust = yield* Effect.provide(Trust, Trust.layer(path))
        assert.strictEqual((yield* Effect.flip(trust.pin(anchor))).reason, "unreadable")
      }),
    ),
  )
})
