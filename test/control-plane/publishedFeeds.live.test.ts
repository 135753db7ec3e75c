import * as NodeServices from "@effect/platform-node/NodeServices"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import { get } from "node:https"
import { ControlPlane } from "../../src/transport/ControlPlane.ts"
import { Trust } from "../../src/store/Trust.ts"
import { AgentConfig } from "../../src/config/AgentConfig.ts"
import { feedKeysText } from "../../src/vulnerability/feedKeys.ts"
import { feedFiles } from "../../src/vulnerability/Manifest.ts"
import { trustedFeedKeys } from "../../src/vulnerability/trustedFeedKeys.ts"
import { updateFeed } from "../../src/vulnerability/updateFeed.ts"
import * as AgentLayers from "../fakes/AgentLayers.ts"
import { agentKey, transport } from "../fakes/agentTransport.ts"
import { makeSigner } from "../fakes/CommandSigning.ts"
import { TestControlPlane } from "../fakes/TestControlPlane.ts"
import { makeKeys, publication, publisher, release } from "../vulnerability/feedPublication.ts"
import { feedSource, inUse, storeIn } from "../vulnerability/feedWorld.ts"
import { enrolment } from "./samples.ts"

const next = makeKeys()

/** Puts a publication where `feed build` puts it, with the keys of now and next. */
const publish = Effect.fnUntraced(function* (dataDirectory: string, serial: number) {
  const fs = yield* FileSystem.FileSystem
  const directory = `${dataDirectory}/feeds`
  yield* fs.makeDirectory(directory, { recursive: true })
  const files = publication({ serial })
  yield* Effect.forEach(files, ([name, content]) => fs.writeFile(`${directory}/${name}`, content))
  const keys = feedKeysText([publisher.publicKey, next.publicKey])
  yield* fs.writeFileString(`${directory}/${feedFiles.publicKey}`, keys)
  return directory
})

/** The status of a bare request, whose path nobody tidies up on the way. */
const statusOf = (url: string, ca: string, path: string, headers: Record<string, string> = {}) =>
  Effect.callback<{ status: number | undefined; etag: string | undefined; body: string }>((resume) => {
    const { hostname, port } = new URL(url)
    get({ hostname, port, path, ca, headers, agent: false }, (response) => {
      const chunks: Array<Buffer> = []
      response.on("data", (chunk: Buffer) => chunks.push(chunk))
      response.on("end", () =>
        resume(
          Effect.succeed({
            status: response.statusCode,
            etag: response.headers.etag,
            body: Buffer.concat(chunks).toString(),
          }),
        ),
      )
    })
  })

const withData = <A, E, R>(test: (dataDirectory: string) => Effect.Effect<A, E, R>) =>
  Effect.gen(function* () {
    const fs = yield* FileSystem.FileSystem
    return yield* test(yield* fs.makeTempDirectoryScoped())
  }).pipe(Effect.scoped, Effect.provide(NodeServices.layer))

describe("published feeds", () => {
  it.live(
    "reach an agent that pinned their keys when it enrolled, even if built before the first start",
    () =>
      withData((dataDirectory) =>
        Effect.gen(function* () {
          yield* publish(dataDirectory, 412)
          yield* Effect.gen(function* () {
            const { url, caFile, licenseKey } = yield* TestControlPlane
            const config = { api_url: url, ca_file: caFile }
            const enrolled = yield* ControlPlane.pipe(
              Effect.flatMap((controlPlane) => controlPlane.enrol(enrolment(agentKey.publicKey), licenseKey)),
              Effect.provide(transport({ config })),
            )
            assert.lengthOf(enrolled.feedKeys ?? [], 2)

            yield* Effect.gen(function* () {
              const trust = yield* Trust
              yield* trust.pin(enrolled)
              const keys = yield* trustedFeedKeys()
              assert.strictEqual((yield* updateFeed(release, keys)).outcome, "updated")
              assert.strictEqual((yield* updateFeed(release, keys)).outcome, "unchanged")
              yield* publish(dataDirectory, 413)
              assert.strictEqual((yield* updateFeed(release, keys)).outcome, "updated")
              assert.strictEqual((yield* inUse)?.serial, 413)
            }).pipe(
              Effect.provide(
                Layer.mergeAll(
                  feedSource(config),
                  storeIn(`${dataDirectory}-agent/feeds`),
                  Trust.layer(`${dataDirectory}/trust.json`),
                  Layer.succeed(AgentConfig, AgentLayers.config),
                ),
              ),
            )
          }).pipe(Effect.provide(TestControlPlane.layer({ dataDirectory })))
        }),
      ),
  )

  it.live("are all that is served, and only once they changed", () =>
    withData((dataDirectory) =>
      Effect.gen(function* () {
        const fs = yield* FileSystem.FileSystem
        const { url, ca } = yield* TestControlPlane
        const ask = (file: string, headers = {}) => statusOf(url, ca, `/v1/feeds/${file}`, headers)
        assert.strictEqual((yield* ask(feedFiles.manifest)).status, 404)
        const directory = yield* publish(dataDirectory, 412)

        const { status, etag = "", body } = yield* ask(feedFiles.manifest)
        assert.strictEqual(status, 200)
        assert.strictEqual(body, yield* fs.readFileString(`${directory}/${feedFiles.manifest}`))
        assert.strictEqual((yield* ask(feedFiles.manifest, { "if-none-match": etag })).status, 304)
        yield* fs.writeFileString(`${directory}/${feedFiles.manifest}.new`, body)
        yield* fs.rename(`${directory}/${feedFiles.manifest}.new`, `${directory}/${feedFiles.manifest}`)
        assert.strictEqual((yield* ask(feedFiles.manifest, { "if-none-match": etag })).status, 200)
        for (const file of [feedFiles.signature, feedFiles.publicKey, `${release}-412.feed.br`]) {
          assert.strictEqual((yield* ask(file)).status, 200, file)
        }

        yield* fs.writeFileString(`${directory}/feed-key.pem`, "secret")
        yield* fs.makeDirectory(`${directory}/x.feed.br`)
        for (const file of [
          "feed-key.pem",
          "x.feed.br",
          "../license-key",
          "..%2flicense-key",
          "%2e%2e/license-key",
          "..%2f..%2f..%2fetc%2fpasswd",
          `x%2f..%2f${feedFiles.manifest}`,
          "almalinux-9-411.feed.br",
          "",
        ]) {
          const answer = yield* ask(file)
          assert.strictEqual(answer.status, 404, file)
          assert.include(answer.body, "urn:patchctl:problem:not_found", file)
        }
      }).pipe(Effect.provide(TestControlPlane.layer({ dataDirectory }))),
    ),
  )

  it.live("with a key file that is none do not keep an agent from enrolling", () =>
    withData((dataDirectory) =>
      Effect.gen(function* () {
        const fs = yield* FileSystem.FileSystem
        const { url, caFile, licenseKey } = yield* TestControlPlane
        yield* fs.makeDirectory(`${dataDirectory}/feeds`)
        yield* fs.writeFileString(`${dataDirectory}/feeds/${feedFiles.publicKey}`, "not a key")
        const controlPlane = yield* Effect.provide(
          ControlPlane,
          transport({ config: { api_url: url, ca_file: caFile } }),
        )
        const enrolled = yield* controlPlane.enrol(enrolment(agentKey.publicKey), licenseKey)
        assert.isUndefined(enrolled.feedKeys)
      }).pipe(Effect.provide(TestControlPlane.layer({ dataDirectory }))),
    ),
  )
})

describe("the pinned feed keys", () => {
  it.live("come with any enrolment while there are none, and are never replaced", () =>
    withData((directory) =>
      Effect.gen(function* () {
        const { key, anchor } = yield* makeSigner
        const other = (yield* makeSigner).key
        const trust = yield* Trust
        yield* trust.pin(anchor)
        assert.isUndefined(Option.getOrThrow(yield* trust.anchor).feedKeys)
        yield* trust.pin({ ...anchor, feedKeys: [key] })
        assert.deepStrictEqual(Option.getOrThrow(yield* trust.anchor).feedKeys, [key])
        yield* trust.pin({ ...anchor, feedKeys: [other] })
        yield* trust.pin(anchor)
        assert.deepStrictEqual(Option.getOrThrow(yield* trust.anchor).feedKeys, [key])
      }).pipe(Effect.provide(Trust.layer(`${directory}/trust.json`))),
    ),
  )

  it.live("give way to those of feed_key_file", () =>
    withData((directory) =>
      Effect.gen(function* () {
        const fs = yield* FileSystem.FileSystem
        const path = `${directory}/keys.pem`
        yield* fs.writeFileString(path, feedKeysText([next.publicKey]))
        const trusted = (config: Partial<typeof AgentLayers.config>) =>
          trustedFeedKeys().pipe(
            Effect.provide(Trust.layer(`${directory}/trust.json`)),
            Effect.provideService(AgentConfig, { ...AgentLayers.config, ...config }),
          )
        assert.lengthOf(yield* trusted({}), 0)
        const [key] = yield* trusted({ feed_key_file: path })
        assert.isTrue(key?.equals(next.publicKey))
      }),
    ),
  )
})
