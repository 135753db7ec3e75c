import { TargetFile } from "@tufjs/models"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Path from "effect/Path"
import type { PlatformError } from "effect/PlatformError"
import * as Stream from "effect/Stream"
import { createHash } from "node:crypto"
import { type ReleaseAbout, releaseName, type ReleaseVersion } from "../../domain/Release.ts"
import { releaseTargetFile } from "../../protocol/releaseFiles.ts"
import { type StoreError, lockFile } from "../../store/Database.ts"
import { createReleases, type Publication, publishReleases } from "./publishReleases.ts"
import { ReleaseFailed } from "./ReleaseFailed.ts"

/** Runs while nobody else publishes releases in the directory, which is made if need be. */
const aloneAt = <A, R>(
  { directory }: Publication,
  publish: Effect.Effect<A, PlatformError | ReleaseFailed, R>,
) =>
  Effect.gen(function* () {
    const files = yield* FileSystem.FileSystem
    const paths = yield* Path.Path
    yield* files.makeDirectory(directory, { recursive: true })
    yield* lockFile(paths.join(directory, ".lock")).pipe(
      Effect.mapError(
        ({ reason }: StoreError) =>
          new ReleaseFailed({
            reason: "failed",
            detail:
              reason === "busy"
                ? `somebody else publishes releases in ${directory} just now: try again when that has ended`
                : `${directory} cannot be locked: check --out, the permissions and the disk`,
          }),
      ),
    )
    return yield* publish
  }).pipe(
    Effect.scoped,
    Effect.catchTag("PlatformError", ({ reason }) =>
      Effect.fail(
        new ReleaseFailed({
          reason: "failed",
          detail: `${directory} cannot be written (${reason._tag}): check --out, the permissions and the disk`,
        }),
      ),
    ),
  )

/** Size and SHA-256 of a file. */
const measure = Effect.fnUntraced(function* (path: string) {
  const files = yield* FileSystem.FileSystem
  const hash = createHash("sha256")
  let bytes = 0
  yield* Stream.runForEach(files.stream(path), (chunk) =>
    Effect.sync(() => {
      hash.update(chunk)
      bytes += chunk.length
    }),
  )
  return { bytes, sha256: hash.digest("hex") }
})

/** Begins a repository of releases. */
export const initReleases = (publication: Publication) => aloneAt(publication, createReleases(publication))

/** Says once more that what is published is the latest, before agents take that for old. */
export const renewReleases = (publication: Publication) => aloneAt(publication, publishReleases(publication))

/** Publishes an executable. A version that is published already stays what it is. */
export const addRelease = Effect.fn("addRelease")(function* (
  publication: Publication,
  release: ReleaseAbout & { readonly file: string },
) {
  const files = yield* FileSystem.FileSystem
  const paths = yield* Path.Path
  const name = releaseName(release)
  const { version, arch } = release
  const { bytes, sha256 } = yield* measure(release.file).pipe(
    Effect.mapError(
      ({ reason }) =>
        new ReleaseFailed({ reason: "noInput", detail: `${release.file} cannot be read (${reason._tag})` }),
    ),
  )
  const published = yield* aloneAt(
    publication,
    publishReleases(publication, (targets) =>
      Effect.gen(function* () {
        const known = targets.targets[name]
        if (known !== undefined && known.hashes["sha256"] !== sha256) {
          return yield* new ReleaseFailed({
            reason: "usage",
            detail: `${version} for ${arch} is published already with another content: give the new one a higher version`,
          })
        }
        const path = paths.join(publication.directory, "targets", releaseTargetFile(sha256, name))
        yield* files.copyFile(release.file, `${path}.new`)
        yield* files.chmod(`${path}.new`, 0o644)
        yield* Effect.scoped(Effect.flatMap(files.open(`${path}.new`), (file) => file.sync))
        yield* files.rename(`${path}.new`, path)
        targets.addTarget(
          new TargetFile({
            path: name,
            length: bytes,
            hashes: { sha256 },
            unrecognizedFields: { custom: { version, arch } },
          }),
        )
      }),
    ),
  )
  return { ...published, name, bytes, sha256 }
})

/** Offers a version to nobody any more. Hosts that run it keep it until there is a higher one. */
export const withdrawRelease = Effect.fn("withdrawRelease")(
  (publication: Publication, version: ReleaseVersion) =>
    aloneAt(
      publication,
      publishReleases(publication, (targets) =>
        Effect.suspend(() => {
          const names = (["x64", "arm64"] as const)
            .map((arch) => releaseName({ version, arch }))
            .filter((name) => name in targets.targets)
          if (names.length === 0) {
            return Effect.fail(new ReleaseFailed({ reason: "usage", detail: `${version} is not published` }))
          }
          for (const name of names) delete targets.targets[name]
          return Effect.void
        }),
      ),
    ),
)
