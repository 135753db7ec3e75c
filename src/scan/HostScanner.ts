import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as SecureRandom from "effect/crypto/SecureRandom"
import { ScanId } from "../domain/Identifiers.ts"
import { completenessOf, type PartialReason } from "../domain/Scan.ts"
import { canonicalInventory, canonicalUpdates, snapshotDigest } from "../domain/snapshot.ts"
import { Host } from "../host/Host.ts"
import { PackageManagers } from "../package-manager/PackageManagers.ts"
import { examineManager } from "./examineManager.ts"
import { ScanHost } from "./ScanHost.ts"

const noManager: PartialReason = {
  code: "no_manager",
  detail:
    "no supported package manager was found on this host: see docs/reference/package-managers.md for what is supported",
}

/** Asks every package manager of this host in turn and puts the answers together. */
export const layer = Layer.effect(
  ScanHost,
  Effect.gen(function* () {
    const managers = yield* PackageManagers
    const host = yield* Host
    const random = yield* SecureRandom.SecureRandom

    const examine: ScanHost["Service"]["examine"] = Effect.fn("ScanHost.examine")(function* ({ refresh }) {
      const startedAt = yield* DateTime.now
      const detected = yield* managers.detect
      const found = yield* Effect.forEach(detected, (manager) => examineManager(manager, refresh))

      const packages = canonicalInventory(found.flatMap((one) => one.packages))
      const updates = canonicalUpdates(found.flatMap((one) => one.updates))
      const reasons = found.flatMap((one) => one.reasons)
      const finishedAt = yield* DateTime.now
      return {
        scan: {
          id: ScanId.make(`scn_${yield* random.uuidV4()}`),
          startedAt,
          durationMilliseconds: DateTime.toEpochMillis(finishedAt) - DateTime.toEpochMillis(startedAt),
          managers: detected.map(({ state }) => state),
          packages,
          faults: found.flatMap((one) => one.faults),
          updates,
          indexes: found.flatMap((one) => one.indexes),
          completeness: completenessOf(detected.length === 0 ? [noManager] : reasons),
          reboot: yield* host.reboot(packages),
          digest: snapshotDigest({ packages, updates }),
        },
        refreshed: found.some((one) => one.refreshed),
        repositories: found.flatMap((one) => one.repositories),
      }
    })

    return ScanHost.of({ examine, scan: (options) => Effect.map(examine(options), ({ scan }) => scan) })
  }),
)
