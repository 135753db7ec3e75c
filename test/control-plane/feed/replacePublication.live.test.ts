import { assert, describe, it } from "@effect/vitest"
import * as NodeServices from "@effect/platform-node/NodeServices"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import { createPrivateKey, type KeyObject } from "node:crypto"
import { type Publishable, publishFeed } from "../../../src/control-plane/feed/publishFeed.ts"
import { makeEd25519Key } from "../../../src/control-plane/tls/certificates.ts"
import { layerAnnouncing } from "../../vulnerability/FailingFileSystem.ts"
import { eight, nine, opened } from "./publishedFeeds.ts"

const inDirectory = (
  name: string,
  test: (directory: string) => Effect.Effect<void, unknown, NodeServices.NodeServices>,
) =>
  it.live(name, () =>
    Effect.gen(function* () {
      const fs = yield* FileSystem.FileSystem
      yield* test(`${yield* fs.makeTempDirectoryScoped()}/feeds`)
    }).pipe(Effect.scoped, Effect.provide(NodeServices.layer)),
  )

const makeKey = () => createPrivateKey(makeEd25519Key())
const [key, nextKey] = [makeKey(), makeKey()]

const publish = (directory: string, feed: Publishable, signer: KeyObject) =>
  publishFeed(directory, feed, { key: signer, days: 7 })

/** Publishes and is gone after so many changes of the disk; the lock goes with the process. */
const killedAfter = (changes: number, publishing: ReturnType<typeof publish>) =>
  Effect.suspend(() => {
    let left = changes
    const mortal = layerAnnouncing(() =>
      Effect.suspend(() => {
        left -= 1
        return left < 0 ? Effect.die("killed") : Effect.void
      }),
    )
    return Effect.map(Effect.exit(Effect.provide(publishing, mortal)), ({ _tag }) => _tag)
  })

/** More than a publication takes. */
const moments = Array.from({ length: 45 }, (_, index) => index)

describe("replacing a publication", () => {
  for (const [what, signer] of [
    ["with the same key", key],
    ["with a new one", nextKey],
  ] as const) {
    inDirectory(`${what}, cut short anywhere, leaves the old one or the new one, and both verify`, (parent) =>
      Effect.gen(function* () {
        const results = yield* Effect.forEach(moments, (changes) =>
          Effect.gen(function* () {
            const directory = `${parent}-${changes}`
            yield* publish(directory, eight, key)
            yield* publish(directory, nine, key)
            const exit = yield* killedAfter(changes, publish(directory, nine, signer))
            // Whoever trusts the keys beside it can open all of it.
            const { manifest } = yield* opened(directory, "almalinux-9")
            assert.strictEqual((yield* opened(directory, "almalinux-8")).manifest.serial, manifest.serial)
            yield* publish(directory, nine, signer)
            const after = yield* opened(directory, "almalinux-9")
            assert.strictEqual(after.manifest.serial, manifest.serial + 1)
            return { serial: manifest.serial, exit }
          }),
        )
        const serials = results.map(({ serial }) => serial)
        const flip = serials.indexOf(3)
        assert.isAbove(flip, 10)
        assert.deepStrictEqual(
          serials,
          serials.map((_, index) => (index < flip ? 2 : 3)),
        )
        // Some were cut short after the change of the manifest, and the last ones not at all.
        assert.strictEqual(results[flip]?.exit, "Failure")
        assert.strictEqual(results.at(-1)?.exit, "Success")
      }),
    )
  }

  inDirectory("for the first time, cut short anywhere, leaves nothing or all of it", (parent) =>
    Effect.gen(function* () {
      const fs = yield* FileSystem.FileSystem
      const there = yield* Effect.forEach(moments, (changes) =>
        Effect.gen(function* () {
          const directory = `${parent}-${changes}`
          yield* killedAfter(changes, publish(directory, nine, key))
          const isThere = yield* fs.exists(`${directory}/manifest.json`)
          if (isThere) yield* opened(directory, "almalinux-9")
          return isThere
        }),
      )
      assert.isAbove(there.indexOf(true), 10)
    }),
  )

  inDirectory("is for one at a time: two builds at once give two serials", (directory) =>
    Effect.gen(function* () {
      const published = yield* Effect.all(
        [publish(directory, eight, key), publish(directory, nine, key), publish(directory, nine, key)],
        { concurrency: "unbounded" },
      )
      assert.sameMembers(
        published.map(({ manifest }) => manifest.serial),
        [1, 2, 3],
      )
      const { manifest } = yield* opened(directory, "almalinux-8")
      assert.strictEqual(manifest.serial, 3)
      assert.strictEqual((yield* opened(directory, "almalinux-9")).manifest.serial, 3)
    }),
  )
})
