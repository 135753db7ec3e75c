import * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Ref from "effect/Ref"
import { AgentConfig } from "../config/AgentConfig.ts"
import { scanCounts } from "../domain/Scan.ts"
import { type Round, Supervisor } from "../Supervisor.ts"
import { PackageManagers } from "../package-manager/PackageManagers.ts"
import { Snapshots } from "../store/Snapshots.ts"
import { FeedStore } from "../vulnerability/FeedStore.ts"
import { ScanHost } from "./ScanHost.ts"

/** What the loop remembers: when it scanned, databases and feed as they were then, and databases as last seen. */
interface Seen {
  readonly scannedAt: DateTime.Utc
  readonly scannedStamp: string
  readonly scannedFeed: string
  readonly lastStamp: string
}

/**
 * Scans at start, then when the last scan is older than the interval, and early when a package database or its
 * indexes have changed and come to rest, which costs a stat or two a beat, or when another vulnerability feed is in use.
 * A new feed means a whole scan: what an update fixes depends on what is installed and offered by now. The result is
 * kept on disk, then delivered by the upload loop.
 */
export const layer = Layer.effectDiscard(
  Effect.gen(function* () {
    const supervisor = yield* Supervisor
    const config = yield* AgentConfig
    const host = yield* ScanHost
    const managers = yield* PackageManagers
    const feeds = yield* FeedStore
    const snapshots = yield* Snapshots
    const interval = Duration.seconds(config.scan_seconds)
    const look = Duration.min(interval, Duration.seconds(config.heartbeat_seconds))
    const seen = yield* Ref.make<Seen | undefined>(undefined)

    /** A feed that arrives while the scan runs is noticed afterwards. */
    const scanNow = Effect.fnUntraced(function* (scannedFeed: string) {
      const scan = yield* host.scan({ refresh: config.refresh })
      const stamp = yield* managers.databaseStamp
      yield* Ref.set(seen, {
        scannedAt: scan.startedAt,
        scannedStamp: stamp,
        scannedFeed,
        lastStamp: stamp,
      })
      yield* snapshots.keep(scan)
      yield* supervisor.wake("upload")
      yield* Effect.logInfo("scan.finished").pipe(
        Effect.annotateLogs({
          ...scanCounts(scan),
          completeness: scan.completeness.verdict,
          durationMilliseconds: scan.durationMilliseconds,
        }),
      )
    })

    /** A clock that was set back would keep the next scan away for as long. */
    const isOld = Effect.fnUntraced(function* ({ scannedAt }: Seen) {
      const now = yield* DateTime.now
      return (
        DateTime.isGreaterThan(scannedAt, now) ||
        DateTime.isLessThan(DateTime.addDuration(scannedAt, interval), now)
      )
    })

    const round = Effect.gen(function* () {
      const before = yield* Ref.get(seen)
      const stamp = yield* managers.databaseStamp
      const feed = yield* feeds.stamp
      const due =
        before === undefined ||
        (yield* isOld(before)) ||
        (stamp !== before.scannedStamp && stamp === before.lastStamp) ||
        feed !== before.scannedFeed
      if (due) yield* scanNow(feed)
      else yield* Ref.set(seen, { ...before, lastStamp: stamp })
      const done: Round = { next: look }
      return done
    }).pipe(
      Effect.catchTag("StoreError", (error) =>
        Effect.as(Effect.logError("scan.not_kept", error), { next: look, failure: error.message }),
      ),
    )

    yield* supervisor.start("scan", round)
  }),
)
