import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Layer from "effect/Layer"
import * as Schema from "effect/Schema"
import type { ManagerId } from "../domain/Package.ts"

/**
 * Seconds per package before anything was learned. Rather short, and learned from the first transaction on: a value that
 * is too long would keep a host with a short window from ever beginning, while one that is too short makes one
 * installation end late, which is never cut off.
 */
const startValues: Readonly<Record<ManagerId, number>> = { apt: 5, dnf: 5, zypper: 8, pacman: 3, apk: 2 }

/** So many transactions are remembered: one that was out of the ordinary does not change their median. */
const rememberedTransactions = 9

const Remembered = Schema.fromJsonString(
  Schema.Record(Schema.String, Schema.Array(Schema.Finite.check(Schema.isGreaterThanOrEqualTo(0)))),
)
const decodeRemembered = Schema.decodeUnknownEffect(Remembered)
const encodeRemembered = Schema.encodeEffect(Remembered)

const median = (values: ReadonlyArray<number>): number | undefined =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]

/** How long packages take to download and install on this host, as the past shows. */
export class TransactionPace extends Context.Service<
  TransactionPace,
  {
    readonly secondsPerPackage: (manager: ManagerId) => Effect.Effect<number>
    /** Remembers a transaction. What cannot be written is forgotten. */
    readonly learn: (manager: ManagerId, packages: number, seconds: number) => Effect.Effect<void>
  }
>()("patchctl/executor/TransactionPace") {
  /** Kept in a small file; one that cannot be read counts as none. */
  static readonly layer = (path: string): Layer.Layer<TransactionPace, never, FileSystem.FileSystem> =>
    Layer.effect(
      TransactionPace,
      Effect.gen(function* () {
        const fs = yield* FileSystem.FileSystem
        const remembered = fs.readFileString(path).pipe(
          Effect.flatMap(decodeRemembered),
          Effect.orElseSucceed((): typeof Remembered.Type => ({})),
        )
        return TransactionPace.of({
          secondsPerPackage: Effect.fnUntraced(function* (manager) {
            return median((yield* remembered)[manager] ?? []) ?? startValues[manager]
          }),
          learn: Effect.fnUntraced(
            function* (manager: ManagerId, packages: number, seconds: number) {
              if (packages === 0) return
              const known = yield* remembered
              const samples = [...(known[manager] ?? []), Math.round((seconds / packages) * 100) / 100]
              const text = yield* encodeRemembered({
                ...known,
                [manager]: samples.slice(-rememberedTransactions),
              })
              yield* fs.writeFileString(`${path}.new`, text, { mode: 0o600 })
              yield* fs.rename(`${path}.new`, path)
            },
            (learning) => Effect.ignore(learning),
          ),
        })
      }),
    )
}
