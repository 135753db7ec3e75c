import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { databaseFamily, osRelease } from "../../host/osRelease.ts"
import type { DetectedManager } from "../PackageManagers.ts"
import type { ReadDependencies } from "../preflight.ts"
import { pacmanPaths, pacmanVersion } from "./pacmanCommands.ts"

/**
 * The folder in which every installation makes or renames an entry, and those in which a new database replaces the former
 * one: pacman's and that of our copy.
 */
export const pacmanWatched = [pacmanPaths.local, `${pacmanPaths.database}/sync`, `${pacmanPaths.copy}/sync`]

/**
 * Looks for pacman and its database. Present means that packages are recorded: Debian carries pacman as a tool for building
 * Arch packages, with a database that is empty. A host that says it is Arch is listed without its database too, so that the
 * loss is reported and not taken for a host without packages.
 */
export const detectPacman = Effect.fnUntraced(function* (
  { subprocess, fs }: ReadDependencies,
  manager: DetectedManager["manager"],
) {
  const system = osRelease(yield* Effect.orElseSucceed(fs.readFileString("/etc/os-release"), () => ""))
  const isArch = databaseFamily(system) === "pacman"
  const entries = yield* Effect.orElseSucceed(fs.readDirectory(pacmanPaths.local), () => [])
  const hasPackages = entries.some((entry) => entry !== "ALPM_DB_VERSION")
  if (!hasPackages && !isArch) return Option.none<DetectedManager>()
  const asked = Option.getOrUndefined(yield* Effect.option(subprocess.run(pacmanVersion)))
  if (asked === undefined && !hasPackages) return Option.none()
  const version = asked?.stdout.match(/Pacman v(\S+)/)?.[1]
  return Option.some<DetectedManager>({
    manager,
    state: {
      id: "pacman",
      ...(version === undefined ? {} : { version }),
      patchable: asked !== undefined,
      ...(asked === undefined
        ? { detail: "pacman's database is here without pacman: packages are listed, none can be updated" }
        : {}),
    },
  })
})
