import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Layer from "effect/Layer"
import { hasIndependentProgram } from "../host/independentPrograms.ts"
import { isLocked, type StoreError } from "../store/Database.ts"
import { installerLock } from "./InstallerMessages.ts"

/** What an executor that has ended may have left at work, where no lock of a package manager tells of it. */
export class LeftBehind extends Context.Service<
  LeftBehind,
  {
    /** An installer between two transactions, or a package manager that waits for its lock. */
    readonly isAtWork: Effect.Effect<boolean, StoreError>
  }
>()("patchctl/executor/LeftBehind") {
  /** `directory`: the executor's own, where installers lock and package managers write their output. */
  static readonly layer = (directory: string): Layer.Layer<LeftBehind, never, FileSystem.FileSystem> =>
    Layer.effect(
      LeftBehind,
      Effect.gen(function* () {
        const files = yield* FileSystem.FileSystem
        return LeftBehind.of({
          isAtWork: Effect.gen(function* () {
            return (yield* isLocked(installerLock(directory))) || (yield* hasIndependentProgram(directory))
          }).pipe(Effect.provideService(FileSystem.FileSystem, files)),
        })
      }),
    )
}
