import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import { Subprocess } from "../host/Subprocess.ts"
import * as ApkPackageManager from "./apk/ApkPackageManager.ts"
import { apkWatched, detectApk } from "./apk/detectApk.ts"
import * as AptPackageManager from "./apt/AptPackageManager.ts"
import { aptWatched, detectApt } from "./apt/detectApt.ts"
import * as DnfPackageManager from "./dnf/DnfPackageManager.ts"
import { detectDnf, dnfWatched } from "./dnf/detectDnf.ts"
import { PackageManagers } from "./PackageManagers.ts"
import * as PacmanPackageManager from "./pacman/PacmanPackageManager.ts"
import { detectPacman, pacmanWatched } from "./pacman/detectPacman.ts"
import * as ZypperPackageManager from "./zypper/ZypperPackageManager.ts"
import { detectZypper, zypperWatched } from "./zypper/detectZypper.ts"

/** Every package manager the agent knows, each asked whether it is at home here. */
export const layer = Layer.effect(
  PackageManagers,
  Effect.gen(function* () {
    const host = { subprocess: yield* Subprocess, fs: yield* FileSystem.FileSystem }
    // One line for each manager: how to find it, and what changes with its packages and its indexes.
    const known = [
      { detect: detectApt(host, yield* AptPackageManager.make), watched: aptWatched },
      { detect: detectDnf(host, yield* DnfPackageManager.make), watched: dnfWatched },
      { detect: detectZypper(host, yield* ZypperPackageManager.make), watched: zypperWatched },
      { detect: detectApk(host, yield* ApkPackageManager.make), watched: apkWatched },
      { detect: detectPacman(host, yield* PacmanPackageManager.make), watched: pacmanWatched },
    ]

    const stampOf = (path: string) =>
      host.fs.stat(path).pipe(
        Effect.map(({ ino, size, mtime }) =>
          [path, Option.getOrElse(ino, () => 0n), size, Option.getOrUndefined(mtime)?.getTime() ?? 0].join(
            ":",
          ),
        ),
        Effect.orElseSucceed(() => ""),
      )

    return PackageManagers.of({
      detect: Effect.map(
        Effect.forEach(known, ({ detect }) => detect),
        (found) => found.flatMap((manager) => Option.toArray(manager)),
      ),
      databaseStamp: Effect.map(
        Effect.forEach(
          known.flatMap(({ watched }) => watched),
          stampOf,
        ),
        (stamps) => stamps.filter((stamp) => stamp !== "").join("\n"),
      ),
    })
  }),
)
