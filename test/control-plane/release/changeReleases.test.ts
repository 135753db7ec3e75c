import { Metadata, MetadataKind } from "@tufjs/models"
import * as NodeServices from "@effect/platform-node/NodeServices"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import type * as Path from "effect/Path"
import * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"
import * as TestClock from "effect/testing/TestClock"
import {
  addRelease,
  initReleases,
  renewReleases,
  withdrawRelease,
} from "../../../src/control-plane/release/changeReleases.ts"
import type { Publication } from "../../../src/control-plane/release/publishReleases.ts"
import { readReleases } from "../../../src/control-plane/release/ReleaseRepository.ts"
import { ReleaseVersion } from "../../../src/domain/Release.ts"

const version = (text: string) => ReleaseVersion.make(text)

/** A new directory of releases with keys, and a file to publish. */
const inRepository = <A, E>(
  test: (
    publication: Publication,
    file: string,
  ) => Effect.Effect<A, E, FileSystem.FileSystem | Path.Path | Scope.Scope>,
) =>
  Effect.gen(function* () {
    const files = yield* FileSystem.FileSystem
    const root = yield* files.makeTempDirectoryScoped({ prefix: "patchctl-releases-" })
    const publication: Publication = { directory: `${root}/out`, keys: `${root}/keys`, days: 30 }
    yield* TestClock.setTime(Date.UTC(2026, 10, 22))
    yield* initReleases(publication)
    const file = `${root}/executable`
    yield* files.writeFileString(file, "an executable")
    yield* test(publication, file)
  }).pipe(Effect.scoped, Effect.provide(NodeServices.layer))

const decodeJson = Schema.decodeUnknownEffect(
  Schema.fromJsonString(Schema.Record(Schema.String, Schema.MutableJson)),
)

const rootOf = Effect.fnUntraced(function* (directory: string, number: number) {
  const files = yield* FileSystem.FileSystem
  const json = yield* decodeJson(yield* files.readFileString(`${directory}/${number}.root.json`))
  return Metadata.fromJSON(MetadataKind.Root, json)
})

const listed = Effect.fnUntraced(function* (directory: string) {
  const { targets } = yield* readReleases(directory)
  return Object.keys(targets.targets).toSorted()
})

describe("a directory of releases", () => {
  it.effect("begins once, with keys that only their owner may read", () =>
    inRepository((publication) =>
      Effect.gen(function* () {
        const files = yield* FileSystem.FileSystem
        for (const name of yield* files.readDirectory(publication.keys)) {
          const { mode } = yield* files.stat(`${publication.keys}/${name}`)
          assert.strictEqual(mode & 0o777, 0o600, name)
        }
        const again = yield* Effect.flip(initReleases(publication))
        assert.include(again.message, "already")
      }),
    ),
  )

  it.effect("lists what was added, until it is withdrawn", () =>
    inRepository((publication, file) =>
      Effect.gen(function* () {
        const files = yield* FileSystem.FileSystem
        yield* addRelease(publication, { version: version("1.1.0"), arch: "x64", file })
        yield* addRelease(publication, { version: version("1.1.0"), arch: "arm64", file })
        yield* addRelease(publication, { version: version("1.2.0"), arch: "x64", file })
        assert.deepStrictEqual(yield* listed(publication.directory), [
          "patchctl-agent-1.1.0-linux-arm64",
          "patchctl-agent-1.1.0-linux-x64",
          "patchctl-agent-1.2.0-linux-x64",
        ])
        yield* withdrawRelease(publication, version("1.1.0"))
        assert.deepStrictEqual(yield* listed(publication.directory), ["patchctl-agent-1.2.0-linux-x64"])
        assert.lengthOf(yield* files.readDirectory(`${publication.directory}/targets`), 1)
        const again = yield* Effect.flip(withdrawRelease(publication, version("1.1.0")))
        assert.include(again.message, "not published")
      }),
    ),
  )

  it.effect("never has two contents for one version", () =>
    inRepository((publication, file) =>
      Effect.gen(function* () {
        const files = yield* FileSystem.FileSystem
        const release = { version: version("1.1.0"), arch: "x64", file } as const
        const first = yield* addRelease(publication, release)
        assert.strictEqual((yield* addRelease(publication, release)).sha256, first.sha256)
        yield* files.writeFileString(file, "another executable")
        const refused = yield* Effect.flip(addRelease(publication, release))
        assert.include(refused.message, "published already with another content")
      }),
    ),
  )

  it.effect("is renewed by the freshness key alone, and changed by no other", () =>
    inRepository((publication, file) =>
      Effect.gen(function* () {
        const files = yield* FileSystem.FileSystem
        yield* addRelease(publication, { version: version("1.1.0"), arch: "x64", file })
        yield* files.remove(`${publication.keys}/root-key.pem`)
        yield* files.remove(`${publication.keys}/release-key.pem`)
        const before = yield* readReleases(publication.directory)
        yield* TestClock.adjust("20 days")
        yield* renewReleases(publication)
        const after = yield* readReleases(publication.directory)
        assert.strictEqual(after.timestampVersion, before.timestampVersion + 1)
        assert.strictEqual(after.targets.version, before.targets.version)
        const refused = yield* Effect.flip(withdrawRelease(publication, version("1.1.0")))
        assert.include(refused.message, "no release-key.pem")
      }),
    ),
  )

  it.effect(
    "has another root when a key was changed or half of its time is over, signed by the root key",
    () =>
      inRepository((publication) =>
        Effect.gen(function* () {
          const files = yield* FileSystem.FileSystem
          assert.strictEqual((yield* renewReleases(publication)).rootVersion, 1)
          const other: Publication = {
            ...publication,
            directory: `${publication.directory}-b`,
            keys: `${publication.keys}-b`,
          }
          yield* initReleases(other)
          yield* files.copyFile(`${other.keys}/release-key.pem`, `${publication.keys}/release-key.pem`)
          assert.strictEqual((yield* renewReleases(publication)).rootVersion, 2)
          yield* TestClock.adjust("1000 days")
          assert.strictEqual((yield* renewReleases(publication)).rootVersion, 3)
          // Somebody else's keys.
          const stranger = yield* Effect.flip(renewReleases({ ...publication, keys: other.keys }))
          assert.include(stranger.message, "not the root key")
          // The root key too, which the one before has to sign.
          const before = yield* rootOf(publication.directory, 3)
          yield* files.rename(`${publication.keys}/root-key.pem`, `${publication.keys}/former-root-key.pem`)
          yield* files.copyFile(`${other.keys}/root-key.pem`, `${publication.keys}/root-key.pem`)
          assert.strictEqual((yield* renewReleases(publication)).rootVersion, 4)
          const next = yield* rootOf(publication.directory, 4)
          before.verifyDelegate(MetadataKind.Root, next)
          next.verifyDelegate(MetadataKind.Root, next)
          assert.strictEqual((yield* renewReleases(publication)).rootVersion, 4)
          yield* files.copyFile(`${publication.keys}/former-root-key.pem`, `${publication.keys}/root-key.pem`)
          yield* files.remove(`${publication.keys}/former-root-key.pem`)
          assert.include((yield* Effect.flip(renewReleases(publication))).message, "not the root key")
        }),
      ),
  )
})
