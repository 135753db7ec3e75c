import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import type { InstalledPackage } from "../domain/Package.ts"
import { readContainer, readKernelRelease, readOsRelease } from "./collectFacts.ts"
import { readIfPossible } from "./hostFiles.ts"
import { debianBuild, installedKernels } from "./kernels.ts"
import { isDebian } from "./osRelease.ts"
import { rebootState, undecided } from "./rebootState.ts"

/** Where packages leave the wish; `<path>.pkgs` beside it names them, often repeatedly. */
const flagPaths = ["/run/reboot-required", "/var/run/reboot-required"] as const

const readFlag = Effect.gen(function* () {
  const fs = yield* FileSystem.FileSystem
  for (const path of flagPaths) {
    if (yield* fs.exists(path)) {
      const lines = ((yield* readIfPossible(`${path}.pkgs`)) ?? "").split("\n").map((line) => line.trim())
      return { path, packages: [...new Set(lines.filter((line) => line !== ""))] }
    }
  }
  return undefined
})

/** A directory that is missing is empty; one that this user or a sandbox may not read is `undefined`. */
const listDirectory = Effect.fnUntraced(function* (path: string) {
  const fs = yield* FileSystem.FileSystem
  return yield* fs.readDirectory(path).pipe(
    Effect.catchIf(
      (error) => error.reason._tag === "NotFound",
      () => Effect.succeed<ReadonlyArray<string>>([]),
    ),
    Effect.orElseSucceed(() => undefined),
  )
})

/**
 * Kernels with both an image and modules, since a removed one may leave either behind. When not even the running
 * one is seen, /boot is not mounted or not readable and tells nothing.
 */
const bootableKernels = Effect.fnUntraced(function* (running: string, modules: ReadonlyArray<string>) {
  const images = new Set(yield* listDirectory("/boot"))
  return images.has(`vmlinuz-${running}`)
    ? modules.filter((release) => images.has(`vmlinuz-${release}`)).map((release) => ({ release }))
    : undefined
})

/** Managers that keep every kernel that can be started as a package of its own. */
const listsKernels: ReadonlySet<InstalledPackage["manager"]> = new Set(["apt", "dnf", "zypper"])

/** Looks at everything `rebootState` judges by; what cannot be looked at makes the answer `unknown`. */
export const collectReboot = Effect.fnUntraced(
  function* (inventory: ReadonlyArray<InstalledPackage>) {
    const release = yield* readKernelRelease
    const build = debianBuild((yield* readIfPossible("/proc/version")) ?? "")
    const modules = yield* listDirectory("/lib/modules")
    const installed = inventory.some(({ manager }) => listsKernels.has(manager))
      ? installedKernels(inventory)
      : isDebian(yield* readOsRelease)
        ? yield* bootableKernels(release, modules ?? [])
        : undefined
    return rebootState({
      container: yield* readContainer(release),
      flag: yield* readFlag,
      running: { release, ...(build === undefined ? {} : { build }) },
      installed,
      modules,
    })
  },
  Effect.catch((error) => Effect.succeed(undecided(error.message))),
)
