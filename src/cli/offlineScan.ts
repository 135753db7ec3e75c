import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type { InstalledPackage } from "../domain/Package.ts"
import { completenessOf } from "../domain/Scan.ts"
import { inventoryOfRoot } from "../package-manager/mountedRoot.ts"
import { assessWith, assessWithout } from "../vulnerability/assess.ts"
import { readFeedKeys } from "../vulnerability/feedKeys.ts"
import { openFeed } from "../vulnerability/openFeed.ts"
import { type Release, releaseOf } from "../vulnerability/release.ts"
import { readInventory } from "./inventoryFile.ts"
import type { NamedFeeds, ScanTarget } from "./scanTarget.ts"

/**
 * What a directory of feeds says about packages that are not on this host: no kernel runs, no manager was asked. A feed
 * that is there and cannot be trusted is an error; one that nobody made for this release is not.
 */
const assessOffline = Effect.fnUntraced(function* (
  packages: ReadonlyArray<InstalledPackage>,
  release: Release,
  { directory, keyFile }: NamedFeeds,
) {
  const assessed = { packages, host: { channels: [] }, release: release.name }
  const keys = yield* readFeedKeys(keyFile)
  return yield* openFeed({ directory, release: release.name, keys }).pipe(
    Effect.flatMap((feed) => assessWith(feed, assessed)),
    Effect.catchTag("FeedRefused", (error) =>
      error.problem === "no_such_release"
        ? Effect.succeed(assessWithout(assessed, `there is none in ${directory}: ${error.detail}`))
        : error,
    ),
  )
})

/** `--inventory`: packages from a file. */
export const scanInventory = Effect.fn("scanInventory")(function* ({
  path,
  release,
  feeds,
}: Extract<ScanTarget, { kind: "inventory" }>) {
  const packages = yield* readInventory(path, release)
  return { release: release.name, packages, vulnerabilities: yield* assessOffline(packages, release, feeds) }
})

/** `--root`: packages of a system that does not run. Without a feed its inventory alone. */
export const scanRoot = Effect.fn("scanRoot")(function* (target: Extract<ScanTarget, { kind: "root" }>) {
  const { manager, system, packages, faults, reasons } = yield* inventoryOfRoot(target.root)
  const release = Option.orElse(target.release, () => releaseOf(system.osId, system.osVersion))
  const named = Option.all({ release, feeds: target.feeds })
  const vulnerabilities = Option.isSome(named)
    ? yield* assessOffline(packages, named.value.release, named.value.feeds)
    : assessWithout(
        {
          packages,
          host: { channels: [] },
          ...(Option.isSome(release) ? { release: release.value.name } : {}),
        },
        Option.isSome(release)
          ? "name a directory of feeds with --feed and --trust"
          : `${system.osName} is not among the releases that feeds are made for`,
      )
  return {
    ...(Option.isSome(release) ? { release: release.value.name } : {}),
    system: system.osName,
    manager,
    packages,
    faults,
    completeness: completenessOf(reasons),
    vulnerabilities,
  }
})
