import * as Context from "effect/Context"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import { Sha256 } from "../domain/Identifiers.ts"
import { LastScan } from "../domain/AgentStatus.ts"
import { RebootState } from "../domain/Host.ts"
import { Scan, scanCounts } from "../domain/Scan.ts"
import { Database, StoreError } from "./Database.ts"

const Body = Schema.fromJsonString(Scan)
const encodeBody = Schema.encodeEffect(Body)
const decodeBody = Schema.decodeUnknownEffect(Body)

/** What is asked at every beat: kept beside the rows, which are not read for it. */
export const ScanHead = Schema.Struct({ digest: Sha256, lastScan: LastScan, reboot: RebootState })
export type ScanHead = typeof ScanHead.Type

const Head = Schema.fromJsonString(ScanHead)
const encodeHead = Schema.encodeEffect(Head)
const decodeHead = Schema.decodeUnknownEffect(Head)

const headOf = (scan: Scan): ScanHead => ({
  digest: scan.digest,
  lastScan: {
    finishedAt: DateTime.add(scan.startedAt, { milliseconds: scan.durationMilliseconds }),
    counts: scanCounts(scan),
    completeness: scan.completeness,
  },
  reboot: scan.reboot,
})

/**
 * The newest scan, until the server has it, and the newest scan the server is known to have, which deltas are
 * computed against. A newer scan replaces an undelivered one: inventories have no history worth queueing.
 */
export class Snapshots extends Context.Service<
  Snapshots,
  {
    readonly keep: (scan: Scan) => Effect.Effect<void, StoreError>
    readonly pending: Effect.Effect<Option.Option<Scan>, StoreError>
    readonly acknowledged: Effect.Effect<Option.Option<Scan>, StoreError>
    /** Digest of the rows the server is known to have. */
    readonly heldDigest: Effect.Effect<Option.Option<Sha256>, StoreError>
    /** The server holds this scan's rows now. */
    readonly acknowledge: (scan: Scan) => Effect.Effect<void, StoreError>
    /** The head of the newest scan, delivered or not, without reading its rows. */
    readonly newest: Effect.Effect<Option.Option<ScanHead>, StoreError>
    /** The server lost its copy: the newest scan waits for delivery again, and no delta can be made. */
    readonly resend: Effect.Effect<void, StoreError>
  }
>()("patchctl/store/Snapshots") {
  static readonly layer: Layer.Layer<Snapshots, never, Database> = Layer.effect(
    Snapshots,
    Effect.gen(function* () {
      const db = yield* Database
      const put = `INSERT INTO snapshots (name, head, body) VALUES (?, ?, ?)
        ON CONFLICT (name) DO UPDATE SET head = excluded.head, body = excluded.body`

      const read = Effect.fnUntraced(function* (name: "pending" | "acknowledged") {
        const [row] = yield* db.all("SELECT body FROM snapshots WHERE name = ?", name)
        if (row === undefined) return Option.none()
        // A body written by another version of the agent is as good as none: the next scan replaces it.
        return yield* Effect.option(decodeBody(row["body"]))
      })

      const keep = Effect.fn("Snapshots.keep")(function* (scan: Scan) {
        const head = yield* Effect.orDie(encodeHead(headOf(scan)))
        yield* db.run(put, "pending", head, yield* Effect.orDie(encodeBody(scan)))
      })

      const acknowledge = Effect.fn("Snapshots.acknowledge")(function* (scan: Scan) {
        const head = yield* Effect.orDie(encodeHead(headOf(scan)))
        const body = yield* Effect.orDie(encodeBody(scan))
        yield* db.transaction((run) => {
          run(put, "acknowledged", head, body)
          run("DELETE FROM snapshots WHERE name = 'pending' AND body ->> 'id' = ?", scan.id)
        })
      })

      const resend = db.transaction((run) => {
        run(
          "INSERT OR IGNORE INTO snapshots SELECT 'pending', head, body FROM snapshots WHERE name = 'acknowledged'",
        )
        run("DELETE FROM snapshots WHERE name = 'acknowledged'")
      })

      const heldDigest = Effect.flatMap(
        db.all("SELECT head FROM snapshots WHERE name = 'acknowledged'"),
        ([row]) => Effect.option(Effect.map(decodeHead(row?.["head"]), ({ digest }) => digest)),
      )

      // 'pending' sorts after 'acknowledged' and is the newer one where both are there.
      const newest = Effect.flatMap(
        db.all("SELECT head FROM snapshots ORDER BY name DESC LIMIT 1"),
        ([row]) => Effect.option(decodeHead(row?.["head"])),
      )

      return Snapshots.of({
        keep,
        pending: read("pending"),
        acknowledged: read("acknowledged"),
        newest,
        heldDigest,
        acknowledge,
        resend,
      })
    }),
  )
}
