import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Path from "effect/Path"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import { createHash } from "node:crypto"
import { ReleaseAbout, ReleaseArch, releaseName } from "../domain/Release.ts"
import { releaseTargetFile } from "../protocol/releaseFiles.ts"
import { ReleaseFiles } from "../transport/ReleaseFiles.ts"
import { Installation } from "./Installation.ts"
import { ExecutableRefused, type Release, ReleaseSource } from "./ReleaseSource.ts"
import { releaseTrouble } from "./releaseTrouble.ts"
import { metadataAddress, servedFetcher } from "./servedFetcher.ts"
import { withTrustedMetadata } from "./trustedMetadata.ts"
import { filesError } from "./UpdateFilesError.ts"

/** More than any executable of the agent, and less than a disk. */
const largestExecutable = 512 * 1024 * 1024

/** What was checked, as tuf-js leaves it: only the names are taken from here. */
const Checked = Schema.fromJsonString(
  Schema.Struct({ signed: Schema.Struct({ targets: Schema.Record(Schema.String, Schema.Unknown) }) }),
)
const decodeChecked = Schema.decodeUnknownEffect(Checked)

const Target = Schema.Struct({
  path: Schema.String,
  length: Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: largestExecutable })),
  hashes: Schema.Struct({ sha256: Schema.String.check(Schema.isPattern(/^[0-9a-f]{64}$/)) }),
  custom: ReleaseAbout,
})
const decodeTarget = Schema.decodeUnknownOption(Target)
const decodeArch = Schema.decodeUnknownOption(ReleaseArch)

/** A target as a release for this processor. What is not understood may be meant for newer agents. */
const toRelease = (target: unknown, arch: ReleaseArch): ReadonlyArray<Release> =>
  Option.toArray(decodeTarget(target)).flatMap(({ path, length, hashes, custom }) =>
    custom.arch === arch && path === releaseName(custom)
      ? [{ version: custom.version, name: path, bytes: length, sha256: hashes.sha256 }]
      : [],
  )

/** Releases by The Update Framework (theupdateframework.github.io/specification), checked by tuf-js. */
export const layer: Layer.Layer<
  ReleaseSource,
  never,
  FileSystem.FileSystem | Installation | Path.Path | ReleaseFiles
> = Layer.effect(
  ReleaseSource,
  Effect.gen(function* () {
    const context = yield* Effect.context<FileSystem.FileSystem | Path.Path | ReleaseFiles>()
    const files = yield* FileSystem.FileSystem
    const source = yield* ReleaseFiles
    const { update } = yield* Installation
    const arch = decodeArch(process.arch)

    const refresh = Effect.fnUntraced(function* (directory: string) {
      const { Updater } = yield* Effect.promise(() => import("tuf-js"))
      const { fetcher, clientFailure } = yield* servedFetcher
      const asked = <A>(question: () => Promise<A>) =>
        Effect.tryPromise({ try: question, catch: releaseTrouble }).pipe(Effect.tapError(() => clientFailure))
      const updater = yield* Effect.try({
        try: () => new Updater({ metadataDir: directory, metadataBaseUrl: metadataAddress, fetcher }),
        catch: releaseTrouble,
      })
      yield* asked(() => updater.refresh())
      const text = yield* files.readFileString(`${directory}/targets.json`)
      const { signed } = yield* Effect.mapError(decodeChecked(text), releaseTrouble)
      const found = yield* Effect.forEach(Object.keys(signed.targets), (name) =>
        asked(() => updater.getTargetInfo(name)),
      )
      return Option.match(arch, {
        onNone: () => [],
        onSome: (own) => found.flatMap((target) => toRelease(target, own)),
      })
    }, Effect.scoped)

    const isWhole: ReleaseSource["Service"]["isWhole"] = ({ bytes, sha256 }, path) => {
      const hash = createHash("sha256")
      let size = 0
      return Stream.runForEach(files.stream(path), (piece) =>
        Effect.sync(() => {
          hash.update(piece)
          size += piece.length
        }),
      ).pipe(
        Effect.map(() => size === bytes && hash.digest("hex") === sha256),
        Effect.orElseSucceed(() => false),
      )
    }

    return ReleaseSource.of({
      releases: withTrustedMetadata(update, refresh).pipe(
        Effect.catchTag("PlatformError", (error) => Effect.fail(filesError(update)(error))),
        Effect.provide(context),
        Effect.withSpan("ReleaseSource.releases"),
      ),
      isWhole,
      download: Effect.fn("ReleaseSource.download")(function* (release, path) {
        const { version, bytes, sha256, name } = release
        const refused = (detail: string) => new ExecutableRefused({ version, detail })
        yield* Effect.gen(function* () {
          if (!(yield* source.executable(releaseTargetFile(sha256, name), bytes, path))) {
            return yield* refused("the server does not have it")
          }
          // What is on disk is what will run.
          if (!(yield* isWhole(release, path))) {
            return yield* refused("size or checksum is not what is signed")
          }
        }).pipe(
          Effect.catchTag("PlatformError", (error) => Effect.fail(filesError(path)(error))),
          Effect.onError(() => Effect.ignore(files.remove(path, { force: true }))),
        )
      }),
    })
  }),
)
