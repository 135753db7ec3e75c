import { describe, layer } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { lifeOfDeb } from "./deb.ts"
import { lintian, piuparts, rpmlint, shellcheck } from "./lints.ts"
import { installsAnywhere, refuses } from "./refusals.ts"
import { Releases } from "./releases.ts"
import { lifeOfRpm } from "./rpm.ts"
import { lifeOfBootedRpm } from "./rpmBooted.ts"
import { lifeOfScript } from "./script.ts"
import { updatesItself } from "./selfUpdate.ts"

// What is shipped, built from this checkout in two versions, on machines without Node and without the agent.

const withReleases = <A, E, R>(use: (releases: Releases["Service"]) => Effect.Effect<A, E, R>) =>
  Effect.scoped(Effect.flatMap(Releases, use))

describe("packages", () => {
  layer(Releases.layer, { timeout: "600 seconds", excludeTestServices: true })((it) => {
    it.effect(
      "the deb: waits for a key, enrols, installs an update, upgrades itself, is removed, comes back, is purged without trace",
      () => withReleases(lifeOfDeb),
      480_000,
    )
    it.effect(
      "the script: installs, repairs, upgrades, goes back only when asked, is read-only, is removed without trace",
      () => withReleases(lifeOfScript),
      480_000,
    )
    it.effect(
      "an agent of the script updates itself, also when it is killed meanwhile, and comes back from what does not work",
      () => withReleases(updatesItself),
      480_000,
    )
    it.effect("the script installs with curl or wget, in any shell, and with OpenRC", () =>
      withReleases(installsAnywhere),
    )
    it.effect("the script refuses what is not genuine, leaves nothing, and shows no key", () =>
      withReleases(refuses),
    )
    it.effect("the rpm: files, modes, scriptlets, upgrade and removal", () => withReleases(lifeOfRpm))
    it.effect(
      "the rpm under systemd: by dnf, enrols, upgrades itself, is removed, comes back, is removed without trace",
      () => withReleases(lifeOfBootedRpm),
      480_000,
    )
    it.effect("piuparts: nothing is left after purging", () => withReleases(piuparts))
    it.effect("lintian has no complaint", () => withReleases(lintian))
    it.effect("rpmlint has no complaint", () => withReleases(rpmlint))
    it.effect("shellcheck has no complaint", () => withReleases(shellcheck))
  })
})
