import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Path from "effect/Path"
import * as Schema from "effect/Schema"
import { ReleaseVersion } from "../domain/Release.ts"
import { syncDirectory } from "../host/durableFiles.ts"
import { Installation } from "./Installation.ts"
import { filesError, type UpdateFilesError } from "./UpdateFilesError.ts"

const isVersion = Schema.is(ReleaseVersion)

/** The versions on disk, and the one that is in use. */
export class Slots extends Context.Service<
  Slots,
  {
    /** The version whose executable is in use; none for one that nobody has put into a slot. */
    readonly current: Effect.Effect<Option.Option<ReleaseVersion>, UpdateFilesError>
    /** The executable of a version, whether it is there or not. */
    readonly program: (version: ReleaseVersion) => string
    /** Keeps the executable in use under the version that it is, so that there is a way back to it. */
    readonly adopt: (version: ReleaseVersion) => Effect.Effect<void, UpdateFilesError>
    /** Where `place` expects a new executable; what lay there is gone. */
    readonly prepare: (version: ReleaseVersion) => Effect.Effect<string, UpdateFilesError>
    /** Puts a prepared executable into its slot: whole or not at all, for everybody to run. */
    readonly place: (version: ReleaseVersion) => Effect.Effect<void, UpdateFilesError>
    /** Puts a version to use for whatever is started from now on, on disk when it returns. */
    readonly switchTo: (version: ReleaseVersion) => Effect.Effect<void, UpdateFilesError>
    /** Removes all other versions. */
    readonly keepOnly: (...versions: ReadonlyArray<ReleaseVersion>) => Effect.Effect<void, UpdateFilesError>
  }
>()("patchctl/self-update/Slots") {
  static readonly layer: Layer.Layer<Slots, never, FileSystem.FileSystem | Installation | Path.Path> =
    Layer.effect(
      Slots,
      Effect.gen(function* () {
        const context = yield* Effect.context<FileSystem.FileSystem | Path.Path>()
        const files = yield* FileSystem.FileSystem
        const paths = yield* Path.Path
        const { program: inUse, versions } = yield* Installation
        const slot = (version: ReleaseVersion) => `${versions}/${version}`
        const program = (version: ReleaseVersion) => `${slot(version)}/patchctl-agent`
        const part = (version: ReleaseVersion) => `${program(version)}.part`

        const onDisk = files.readDirectory(versions).pipe(
          Effect.map((names) => names.filter(isVersion)),
          Effect.catchIf(
            ({ reason }) => reason._tag === "NotFound",
            () => Effect.succeed([]),
          ),
        )

        /** Two names of one file have the same device and inode. */
        const identity = (path: string) =>
          files.stat(path).pipe(
            Effect.map(({ dev, ino }) => Option.map(ino, (inode) => `${dev}:${inode}`)),
            Effect.catchIf(
              ({ reason }) => reason._tag === "NotFound",
              () => Effect.succeedNone,
            ),
          )

        const makeSlot = Effect.fnUntraced(function* (version: ReleaseVersion) {
          // Another umask would keep the daemon's user from starting what is in here.
          for (const directory of [versions, slot(version)]) {
            yield* files.makeDirectory(directory, { recursive: true, mode: 0o755 })
            yield* files.chmod(directory, 0o755)
          }
          yield* syncDirectory(versions)
        })

        /** Renaming over an existing name is atomic; renaming one link of a file over another of it does nothing. */
        const linkOver = Effect.fnUntraced(function* (target: string, path: string) {
          const fresh = `${path}.new`
          yield* files.remove(fresh, { force: true })
          yield* files.link(target, fresh)
          yield* files.rename(fresh, path)
          yield* files.remove(fresh, { force: true })
          yield* syncDirectory(paths.dirname(path))
        })

        return Slots.of({
          current: Effect.gen(function* () {
            const used = yield* identity(inUse)
            if (Option.isNone(used)) return Option.none<ReleaseVersion>()
            for (const version of yield* onDisk) {
              const found = yield* identity(program(version))
              if (Option.isSome(found) && found.value === used.value) return Option.some(version)
            }
            return Option.none<ReleaseVersion>()
          }).pipe(Effect.mapError(filesError(inUse)), Effect.withSpan("Slots.current")),
          program,
          adopt: Effect.fn("Slots.adopt")(function* (version: ReleaseVersion) {
            yield* Effect.andThen(makeSlot(version), linkOver(inUse, program(version))).pipe(
              Effect.provide(context),
              Effect.mapError(filesError(program(version))),
            )
          }),
          prepare: Effect.fn("Slots.prepare")(function* (version: ReleaseVersion) {
            yield* Effect.andThen(makeSlot(version), files.remove(part(version), { force: true })).pipe(
              Effect.provide(context),
              Effect.mapError(filesError(part(version))),
            )
            return part(version)
          }),
          place: Effect.fn("Slots.place")(function* (version: ReleaseVersion) {
            yield* files
              .chmod(part(version), 0o755)
              .pipe(
                Effect.andThen(Effect.flatMap(files.open(part(version)), (open) => open.sync)),
                Effect.andThen(files.rename(part(version), program(version))),
                Effect.andThen(syncDirectory(slot(version))),
                Effect.scoped,
                Effect.provide(context),
                Effect.mapError(filesError(program(version))),
              )
          }),
          switchTo: Effect.fn("Slots.switchTo")(function* (version: ReleaseVersion) {
            yield* linkOver(program(version), inUse).pipe(
              Effect.provide(context),
              Effect.mapError(filesError(inUse)),
            )
          }),
          keepOnly: Effect.fn("Slots.keepOnly")(function* (...kept: ReadonlyArray<ReleaseVersion>) {
            const others = (yield* Effect.mapError(onDisk, filesError(versions))).filter(
              (version) => !kept.includes(version),
            )
            yield* Effect.forEach(
              others,
              (version) =>
                Effect.mapError(files.remove(slot(version), { recursive: true }), filesError(slot(version))),
              { discard: true },
            )
          }),
        })
      }),
    )
}
