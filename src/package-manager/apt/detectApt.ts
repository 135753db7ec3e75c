import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { databaseFamily, osRelease } from "../../host/osRelease.ts"
import type { DetectedManager } from "../PackageManagers.ts"
import { aptPaths, aptVersion, dpkgQueryVersion } from "./aptCommands.ts"
import type { AptReadDependencies } from "./collectIndexes.ts"

/**
 * What dpkg writes anew whenever a package, a hold or an interrupted run changes, and the folder in which
 * `apt-get update` replaces the lists that have something new.
 */
export const aptWatched = [aptPaths.status, aptPaths.lists]

/**
 * Looks for dpkg and apt. Present means that dpkg-query runs, that its database lies where it should, and that
 * os-release does not speak of another family; a host that says it is Debian is listed without its database too, so
 * that the loss is reported and not taken for a host without packages.
 */
export const detectApt = Effect.fnUntraced(function* (
  { subprocess, fs }: AptReadDependencies,
  manager: DetectedManager["manager"],
) {
  const system = osRelease(yield* Effect.orElseSucceed(fs.readFileString("/etc/os-release"), () => ""))
  const database = yield* Effect.orElseSucceed(fs.exists(aptPaths.status), () => false)
  const family = databaseFamily(system)
  if (family === undefined ? !database : family !== "dpkg") return Option.none<DetectedManager>()
  const dpkg = yield* Effect.option(subprocess.run(dpkgQueryVersion))
  if (Option.isNone(dpkg)) return Option.none()
  const apt = yield* Effect.option(subprocess.run(aptVersion))
  const version = Option.getOrUndefined(apt)?.stdout.match(/^apt (\S+)/)?.[1]
  return Option.some<DetectedManager>({
    manager,
    state: {
      id: "apt",
      ...(version === undefined ? {} : { version }),
      patchable: Option.isSome(apt),
      ...(Option.isSome(apt)
        ? {}
        : { detail: "dpkg is here without apt-get: packages are listed, none can be updated" }),
    },
  })
})
