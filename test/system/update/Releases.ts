import * as NodeServices from "@effect/platform-node/NodeServices"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import {
  addRelease,
  initReleases,
  renewReleases,
  withdrawRelease,
} from "../../../src/control-plane/release/changeReleases.ts"
import type { Publication } from "../../../src/control-plane/release/publishReleases.ts"
import { ReleaseArch, ReleaseVersion } from "../../../src/domain/Release.ts"
import * as Schema from "effect/Schema"

const arch = Schema.decodeUnknownSync(ReleaseArch)(process.arch)

/** A vendor with a directory of releases, and keys of his own. */
export const makeReleases = Effect.fnUntraced(function* (directory: string) {
  const files = yield* FileSystem.FileSystem
  const keys = yield* files.makeTempDirectoryScoped({ prefix: "patchctl-keys-" })
  const publication: Publication = { directory, keys, days: 30 }
  const provided = <A, E>(effect: Effect.Effect<A, E, NodeServices.NodeServices>) =>
    Effect.provide(effect, NodeServices.layer)
  return {
    publication,
    init: provided(initReleases(publication)),
    renew: provided(renewReleases(publication)),
    withdraw: (version: string) => provided(withdrawRelease(publication, ReleaseVersion.make(version))),
    add: (version: string, content: string) =>
      provided(
        Effect.gen(function* () {
          const file = `${keys}/executable`
          yield* files.writeFileString(file, content)
          return yield* addRelease(publication, { version: ReleaseVersion.make(version), arch, file })
        }),
      ),
  }
})

/** Runs something so many days before now. */
export const daysAgo =
  (days: number) =>
  <A, E, R>(effect: Effect.Effect<A, E, R>) =>
    Effect.gen(function* () {
      const clock = yield* Clock.Clock
      const before = days * 86_400_000
      return yield* Effect.provideService(effect, Clock.Clock, {
        ...clock,
        sleep: (duration) => clock.sleep(duration),
        currentTimeMillisUnsafe: () => clock.currentTimeMillisUnsafe() - before,
        currentTimeMillis: Effect.sync(() => clock.currentTimeMillisUnsafe() - before),
        currentTimeNanosUnsafe: () => clock.currentTimeNanosUnsafe() - BigInt(before) * 1_000_000n,
        currentTimeNanos: Effect.sync(() => clock.currentTimeNanosUnsafe() - BigInt(before) * 1_000_000n),
      })
    })
