import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as SecureRandom from "effect/crypto/SecureRandom"
import { ScanId } from "../domain/Identifiers.ts"
import { completenessOf, type PartialReason, type Scan } from "../domain/Scan.ts"
import { canonicalInventory, canonicalUpdates, snapshotDigest } from "../domain/snapshot.ts"
import { Host } from "../host/Host.ts"
import { LivePatches } from "../host/LivePatches.ts"
import { assess } from "../vulnerability/assess.ts"
import { FeedStore } from "../vulnerability/FeedStore.ts"
import { releaseOf } from "../vulnerability/release.ts"
import * as CollectHere from "./collectHere.ts"
import { Collector } from "./Collector.ts"
import { ScanHost } from "./ScanHost.ts"

const noManager: PartialReason = {
  code: "no_manager",
  detail:
    "no supported package manager was found on this host: see docs/reference/package-managers.md for what is supported",
}

/** What every package manager of this host has, then what is known of the vulnerabilities of what they have. */
export const layerCollected = Layer.effect(
  ScanHost,
  Effect.gen(function* () {
    const collector = yield* Collector
    const host = yield* Host
    const livePatches = yield* LivePatches
    const random = yield* SecureRandom.SecureRandom
    const feeds = yield* FeedStore

    const vulnerabilitiesOf = Effect.fnUntraced(function* ({
      packages,
      updates,
      completeness,
      channels,
    }: Pick<Scan, "packages" | "updates" | "completeness"> & {
      readonly channels: ReadonlyArray<string>
    }) {
      const facts = yield* Effect.option(host.facts)
      const release = Option.flatMap(facts, ({ osId, osVersion }) => releaseOf(osId, osVersion))
      // A container runs the kernel of its host, which is none of its packages.
      const kernel = Option.map(
        Option.filter(facts, ({ container }) => container === "none"),
        ({ kernelRelease }) => kernelRelease,
      )
      const running = Option.isNone(kernel)
        ? {}
        : { runningKernel: kernel.value, livePatched: yield* livePatches.cves(kernel.value) }
      return yield* assess(feeds.current, {
        packages,
        host: { ...running, channels },
        offered: { updates, complete: completeness.verdict === "complete" },
        ...(Option.isSome(release) ? { release: release.value.name } : {}),
      })
    })

    const examine: ScanHost["Service"]["examine"] = Effect.fn("ScanHost.examine")(function* ({ refresh }) {
      const startedAt = yield* DateTime.now
      const { managers: found, reasons } = yield* collector.collect(refresh)

      const packages = canonicalInventory(found.flatMap((one) => one.packages))
      const updates = canonicalUpdates(found.flatMap((one) => one.updates))
      const completeness = completenessOf([
        ...reasons,
        ...(found.length === 0 && reasons.length === 0 ? [noManager] : found.flatMap((one) => one.reasons)),
      ])
      const channels = found.flatMap((one) => one.channels)
      const vulnerabilities = yield* vulnerabilitiesOf({ packages, updates, completeness, channels })
      const finishedAt = yield* DateTime.now
      return {
        scan: {
          id: ScanId.make(`scn_${yield* random.uuidV4()}`),
          startedAt,
          durationMilliseconds: DateTime.toEpochMillis(finishedAt) - DateTime.toEpochMillis(startedAt),
          managers: found.map(({ state }) => state),
          packages,
          faults: found.flatMap((one) => one.faults),
          updates,
          indexes: found.flatMap((one) => one.indexes),
          completeness,
          reboot: yield* host.reboot(packages),
          vulnerabilities,
          digest: snapshotDigest({ packages, updates }),
        },
        refreshed: found.some((one) => one.refreshed),
        repositories: found.flatMap((one) => one.repositories),
      }
    })

    return ScanHost.of({ examine, scan: (options) => Effect.map(examine(options), ({ scan }) => scan) })
  }),
)

/** With what this very process sees. */
export const layer = layerCollected.pipe(Layer.provide(CollectHere.layer))
