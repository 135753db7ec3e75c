import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type { DetectedManager } from "../PackageManagers.ts"
import type { ReadDependencies } from "../preflight.ts"
import { rpmWatched } from "../rpm/rpmDatabase.ts"
import { rpmOwner } from "../rpm/rpmOwner.ts"
import { findDialect } from "./dnfDialect.ts"

/**
 * rpm's database, and what dnf writes when it has asked the servers. Not dnf4's cache folder, which changes with every
 * question: its readers put their locks there.
 */
export const dnfWatched = [...rpmWatched, "/var/cache/dnf/expired_repos.json", "/var/cache/libdnf5"]

/**
 * Looks for an rpm database that is dnf's, and for dnf or yum. Where neither runs, the packages are listed and nothing can
 * be updated.
 */
export const detectDnf = Effect.fnUntraced(function* (
  dependencies: ReadDependencies,
  manager: DetectedManager["manager"],
) {
  if ((yield* rpmOwner(dependencies)) !== "dnf") return Option.none<DetectedManager>()
  const { dialect, complaint } = yield* findDialect(dependencies)
  if (Option.isSome(dialect)) {
    const { version } = dialect.value
    return Option.some<DetectedManager>({ manager, state: { id: "dnf", version, patchable: true } })
  }
  const missing = complaint ?? "an rpm database is here without dnf or yum"
  const detail = `${missing}: packages are listed, none can be updated`
  return Option.some<DetectedManager>({ manager, state: { id: "dnf", patchable: false, detail } })
})
