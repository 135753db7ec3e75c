import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type { DetectedManager } from "../PackageManagers.ts"
import type { ReadDependencies } from "../preflight.ts"
import { rpmWatched } from "../rpm/rpmDatabase.ts"
import { rpmOwner } from "../rpm/rpmOwner.ts"
import { zypperPaths, zypperVersion } from "./zypperCommands.ts"

/** What changes with the installed packages, with a lock, with the repositories, and when one has a new index. */
export const zypperWatched = [...rpmWatched, zypperPaths.locks, zypperPaths.repositories, zypperPaths.raw]

/** Looks for an rpm database that is zypper's. Without zypper itself its packages are listed, none can be updated. */
export const detectZypper = Effect.fnUntraced(function* (
  host: ReadDependencies,
  manager: DetectedManager["manager"],
) {
  if ((yield* rpmOwner(host)) !== "zypper") return Option.none<DetectedManager>()
  const zypper = yield* Effect.option(host.subprocess.run(zypperVersion))
  const version = Option.getOrUndefined(zypper)?.stdout.match(/^zypper (\S+)/m)?.[1]
  return Option.some<DetectedManager>({
    manager,
    state: {
      id: "zypper",
      ...(version === undefined ? {} : { version }),
      patchable: Option.isSome(zypper),
      ...(Option.isSome(zypper)
        ? {}
        : { detail: "rpm is here without zypper: packages are listed, none can be updated" }),
    },
  })
})
