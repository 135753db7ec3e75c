import { assert, describe, it } from "@effect/vitest"
import * as NodeServices from "@effect/platform-node/NodeServices"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/testing/TestClock"
import { createPrivateKey, type KeyObject } from "node:crypto"
import { publicKeyText } from "../../../src/control-plane/feed/feedKey.ts"
import { type Publishable, publishFeed } from "../../../src/control-plane/feed/publishFeed.ts"
import { makeEd25519Key } from "../../../src/control-plane/tls/certificates.ts"
import { checkFeedText } from "../../../src/vulnerability/checkFeedText.ts"
import { readFeedKeys } from "../../../src/vulnerability/feedKeys.ts"
import { openFeed } from "../../../src/vulnerability/openFeed.ts"
import { compiled, osvRecord, reading } from "./feedOf.ts"

const feedOf = (release: string, ecosystem: string, fixed: string): Publishable => ({
  body: compiled(release, [
    reading(
      release,
      osvRecord("ALSA-2026:1", [[ecosystem, "bash", fixed]], {
        summary: "Important: bash security update",
        related: ["CVE-2026-0001"],
      }),
    ),
  ]),
  about: {
    release,
    family: "rpm",
    key: "binary",
    licence: "MIT",
    source: "2026-05-04",
    fixedIssuesOnly: true,
    endOfLife: false,
  },
})

const nine = feedOf("almalinux-9", "AlmaLinux:9", "1.0-1.el9")
const eight = feedOf("almalinux-8", "AlmaLinux:8", "1.0-1.el8")

/** As an agent opens it that trusts the key beside the feeds. */
const opened = Effect.fnUntraced(function* (directory: string, release: string) {
  const keys = yield* readFeedKeys(`${directory}/feed-key.pub`)
  const kept = yield* openFeed({ directory, release, keys })
  yield* checkFeedText(release, kept.content)
  const text = yield* Stream.mkString(Stream.decodeText(kept.content))
  return { ...kept, text }
})

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
      const both = `${publicKeyText(key)}${publicKeyText(next)}`
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
})
