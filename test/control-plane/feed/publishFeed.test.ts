import { assert, describe, it } from "@effect/vitest"
import * as NodeServices from "@effect/platform-node/NodeServices"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as TestClock from "effect/testing/TestClock"
import { createPrivateKey, createPublicKey, type KeyObject } from "node:crypto"
import { publishFeed } from "../../../src/control-plane/feed/publishFeed.ts"
import { makeEd25519Key } from "../../../src/control-plane/tls/certificates.ts"
import { assessWith } from "../../../src/vulnerability/assess.ts"
import { feedKeysText } from "../../../src/vulnerability/feedKeys.ts"
import { eight, nine, opened } from "./publishedFeeds.ts"

const published = (
  name: string,
  test: (directory: string, key: KeyObject) => Effect.Effect<void, unknown, NodeServices.NodeServices>,
) =>
  it.effect(name, () =>
    Effect.gen(function* () {
      const fs = yield* FileSystem.FileSystem
      yield* TestClock.setTime(DateTime.toEpochMillis(DateTime.makeUnsafe("2026-08-21T06:00:00.123Z")))
      const key = createPrivateKey(makeEd25519Key())
      yield* test(`${yield* fs.makeTempDirectoryScoped()}/feeds`, key)
    }).pipe(Effect.scoped, Effect.provide(NodeServices.layer)),
  )

const names = (directory: string) =>
  Effect.flatMap(FileSystem.FileSystem, (fs) =>
    Effect.map(fs.readDirectory(directory), (found) => found.toSorted()),
  )

describe("a published feed", () => {
  published("opens for whoever trusts its key, with all that it was made of", (directory, key) =>
    Effect.gen(function* () {
      yield* publishFeed(directory, nine, { key, days: 7 })
      const { text, manifest, stale } = yield* opened(directory, "almalinux-9")
      assert.isFalse(stale)
      assert.strictEqual(manifest.serial, 1)
      assert.strictEqual(
        text,
        [
          "#feed v1 almalinux-9 family=rpm key=binary serial=1 generated=2026-08-21T06:00:00Z expires=2026-08-28T06:00:00Z coverage=fixed-only licence=MIT source=2026-05-04",
          "ALSA-2026:1\tI\t2026-05-04\t2026-0001\tImportant: bash security update",
          "",
          "",
          "bash\t1.0-1.el9\t0\t",
          "",
          "",
        ].join("\n"),
      )
    }),
  )

  published(
    "leaves those of other releases in place and replaces its own, with the next serial",
    (directory, key) =>
      Effect.gen(function* () {
        const fs = yield* FileSystem.FileSystem
        yield* publishFeed(directory, nine, { key, days: 7 })
        yield* publishFeed(directory, eight, { key, days: 7 })
        // A release whose name begins like another's is another release.
        yield* fs.writeFileString(`${directory}/almalinux-9-beta-1.feed.br`, "")
        yield* publishFeed(directory, nine, { key, days: 7 })
        assert.deepStrictEqual(yield* names(directory), [
          ".lock",
          "almalinux-8-2.feed.br",
          "almalinux-9-3.feed.br",
          "almalinux-9-beta-1.feed.br",
          "feed-key.pub",
          "manifest.json",
          "manifest.json.sig",
        ])
        const { manifest } = yield* opened(directory, "almalinux-9")
        assert.strictEqual(manifest.serial, 3)
        assert.include((yield* opened(directory, "almalinux-8")).text, "bash\t1.0-1.el8\t0\t")
      }),
  )

  published("has the same bytes for the same input, but for serial and time", (directory, key) =>
    Effect.gen(function* () {
      const { entry } = yield* publishFeed(`${directory}/a`, nine, { key, days: 7 })
      const again = yield* publishFeed(`${directory}/b`, nine, { key, days: 7 })
      assert.deepStrictEqual(again.entry, entry)
    }),
  )

  published("keeps the next key that the operator put beside the present one", (directory, key) =>
    Effect.gen(function* () {
      const fs = yield* FileSystem.FileSystem
      yield* publishFeed(directory, nine, { key, days: 7 })
      const next = createPrivateKey(makeEd25519Key())
      const both = feedKeysText([createPublicKey(key), createPublicKey(next)])
      yield* fs.writeFileString(`${directory}/feed-key.pub`, both)
      yield* publishFeed(directory, nine, { key, days: 7 })
      assert.strictEqual(yield* fs.readFileString(`${directory}/feed-key.pub`), both)
      yield* publishFeed(directory, nine, { key: next, days: 7 })
      assert.strictEqual((yield* opened(directory, "almalinux-9")).manifest.serial, 3)
    }),
  )

  published("is not made over a damaged manifest, whose serial would be lost", (directory, key) =>
    Effect.gen(function* () {
      const fs = yield* FileSystem.FileSystem
      yield* publishFeed(directory, nine, { key, days: 7 })
      yield* fs.writeFileString(`${directory}/manifest.json`, "{")
      const before = yield* names(directory)
      const error = yield* Effect.flip(publishFeed(directory, nine, { key, days: 7 }))
      assert.include(error.message, "manifest.json is damaged")
      assert.deepStrictEqual(yield* names(directory), before)
    }),
  )

  published("has the serial that was ordered, if that is higher than the last", (directory, key) =>
    Effect.gen(function* () {
      yield* publishFeed(directory, nine, { key, days: 7, serial: 412 })
      assert.strictEqual((yield* opened(directory, "almalinux-9")).manifest.serial, 412)
      const before = yield* names(directory)
      for (const serial of [411, 412]) {
        const refused = yield* Effect.flip(publishFeed(directory, nine, { key, days: 7, serial }))
        assert.strictEqual(refused._tag === "FeedBuildFailed" ? refused.reason : refused._tag, "usage")
        assert.include(refused.message, `--serial ${serial} is not above 412`)
      }
      assert.deepStrictEqual(yield* names(directory), before)
      assert.strictEqual((yield* publishFeed(directory, nine, { key, days: 7 })).manifest.serial, 413)
    }),
  )

  published("grows old by itself, whatever is published beside it", (directory, key) =>
    Effect.gen(function* () {
      yield* publishFeed(directory, nine, { key, days: 7 })
      yield* TestClock.adjust("6 days")
      const { expires, manifest } = yield* publishFeed(directory, eight, { key, days: 7 })
      assert.deepStrictEqual(manifest.expires, expires)
      const staleOf = Effect.fnUntraced(function* (release: string) {
        const { coverage } = yield* assessWith(yield* opened(directory, release), {
          packages: [],
          host: { channels: [] },
        })
        return coverage.feed?.stale
      })
      assert.deepStrictEqual([yield* staleOf("almalinux-9"), yield* staleOf("almalinux-8")], [false, false])
      yield* TestClock.adjust("2 days")
      assert.deepStrictEqual([yield* staleOf("almalinux-9"), yield* staleOf("almalinux-8")], [true, false])
      // A shorter life of one does not shorten that of the others.
      const shorter = yield* publishFeed(directory, nine, { key, days: 1 })
      assert.deepStrictEqual(shorter.manifest.expires, expires)
    }),
  )

  published("does not replace a key file that the operator has got wrong", (directory, key) =>
    Effect.gen(function* () {
      const fs = yield* FileSystem.FileSystem
      yield* fs.makeDirectory(directory)
      yield* fs.writeFileString(`${directory}/feed-key.pub`, "not a key")
      const error = yield* Effect.flip(publishFeed(directory, nine, { key, days: 7 }))
      assert.include(error.message, "feed-key.pub holds no public key")
      assert.strictEqual(yield* fs.readFileString(`${directory}/feed-key.pub`), "not a key")
    }),
  )
})
