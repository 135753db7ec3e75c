import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Path from "effect/Path"
import * as Schedule from "effect/Schedule"
import { lockFile, type StoreError } from "../../store/Database.ts"
import { FeedBuildFailed } from "./FeedBuildFailed.ts"

/** Publishing takes seconds. */
const patience = Duration.minutes(10)

const isBusy = ({ reason }: StoreError): boolean => reason === "busy"

/** Runs while nobody else builds feeds in the directory, which is made if need be; waits its turn. */
export const aloneIn = <A, E, R>(directory: string, build: Effect.Effect<A, E, R>) =>
  Effect.gen(function* () {
    const fs = yield* FileSystem.FileSystem
    const paths = yield* Path.Path
    yield* fs.makeDirectory(directory, { recursive: true })
    yield* lockFile(paths.join(directory, ".lock")).pipe(
      Effect.retry({
        while: isBusy,
        schedule: Schedule.spaced("100 millis").pipe(Schedule.upTo({ duration: patience })),
      }),
      Effect.mapError(
        (error) =>
          new FeedBuildFailed({
            reason: "failed",
            detail: isBusy(error)
              ? `another feed build has been at work in ${directory} for ${Duration.format(patience)}: see what it is doing`
              : `${directory} cannot be locked: check --out, the permissions and the disk`,
          }),
      ),
    )
    return yield* build
  }).pipe(Effect.scoped)
