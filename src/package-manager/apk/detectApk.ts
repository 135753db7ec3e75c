import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { databaseFamily, osRelease } from "../../host/osRelease.ts"
import type { DetectedManager } from "../PackageManagers.ts"
import type { ReadDependencies } from "../preflight.ts"
import { apkPaths, apkVersion } from "./apkCommands.ts"

/**
 * What apk writes anew whenever a package changes, what an administrator changes by hand, and the folders in which
 * `apk update` replaces the indexes that have something new.
 */
export const apkWatched = [
  apkPaths.installed,
  apkPaths.world,
  apkPaths.repositories,
  apkPaths.cache,
  apkPaths.staticCache,
]

/**
 * Looks for apk. Present means that its database lies where it should, and that os-release does not speak of another
 * family; a host that says it is Alpine is listed without its database too, so that the loss is reported and not taken
 * for a host without packages. A database without apk is listed as not patchable.
 */
export const detectApk = Effect.fnUntraced(function* (
  { subprocess, fs }: ReadDependencies,
  manager: DetectedManager["manager"],
) {
  const system = osRelease(yield* Effect.orElseSucceed(fs.readFileString("/etc/os-release"), () => ""))
  const database = yield* Effect.orElseSucceed(fs.exists(apkPaths.installed), () => false)
  const family = databaseFamily(system)
  if (family === undefined ? !database : family !== "apk") return Option.none<DetectedManager>()
  const apk = Option.getOrUndefined(yield* Effect.option(subprocess.run(apkVersion)))
  const version = apk?.stdout.match(/^apk-tools (\d[^\s,]*)/)?.[1]
  return Option.some<DetectedManager>({
    manager,
    state: {
      id: "apk",
      ...(version === undefined ? {} : { version }),
      patchable: version !== undefined,
      ...(version === undefined
        ? { detail: "apk's database is here without apk: packages are listed, none can be updated" }
        : {}),
    },
  })
})
