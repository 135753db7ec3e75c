import * as Context from "effect/Context"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Layer from "effect/Layer"
import type * as Result from "effect/Result"
import { Environment } from "../config/Environment.ts"
import type { Policy } from "../domain/Policy.ts"
import { readPolicy } from "./readPolicy.ts"

/** What the administrator of this host allows, read anew for each command: an edit counts from the next one on. */
export class HostPolicy extends Context.Service<
  HostPolicy,
  {
    /** A policy that is there and cannot be used is a failure in words: then nothing that changes the host is allowed. */
    readonly read: Effect.Effect<Result.Result<Policy, string>>
    /** Whose clock the windows are meant by. */
    readonly zone: DateTime.TimeZone
  }
>()("patchctl/executor/HostPolicy") {
  static readonly layer = (
    path: string,
  ): Layer.Layer<HostPolicy, never, FileSystem.FileSystem | Environment> =>
    Layer.effect(
      HostPolicy,
      Effect.gen(function* () {
        const files = yield* FileSystem.FileSystem
        const { userId } = yield* Environment
        return HostPolicy.of({
          read: readPolicy(path, userId).pipe(Effect.provideService(FileSystem.FileSystem, files)),
          zone: DateTime.zoneMakeLocal(),
        })
      }),
    )
}
