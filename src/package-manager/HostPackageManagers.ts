import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import { aptDatabase, detectApt } from "./apt/detectApt.ts"
import { PackageManagers } from "./PackageManagers.ts"

/** One line for each package manager the agent knows: how to find it, and the file that changes with its packages. */
const known = [{ probe: detectApt, database: aptDatabase }] as const

/** Every package manager the agent knows, each asked whether it is at home here. */
export const layer = Layer.effect(
  PackageManagers,
  Effect.gen(function* () {
    const fs = yield* FileSystem.FileSystem
    const probes = yield* Effect.all(known.map(({ probe }) => probe))

    const stampOf = (path: string) =>
      fs.stat(path).pipe(
        Effect.map(({ ino, size, mtime }) =>
          [path, Option.getOrElse(ino, () => 0), size, Option.getOrUndefined(mtime)?.getTime() ?? 0].join(":"),
        ),
        Effect.orElseSucceed(() => ""),
      )

    return PackageManagers.of({
      detect: Effect.all(probes).pipe(Effect.map((found) => found.flatMap((manager) => Option.toArray(manager)))),
      databaseStamp: Effect.forEach(known, ({ database }) => stampOf(database)).pipe(
        Effect.map((stamps) => stamps.filter((stamp) => stamp !== "").join("\n")),
      ),
    })
  }),
)
