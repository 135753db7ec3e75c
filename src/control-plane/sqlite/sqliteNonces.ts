import * as Clock from "effect/Clock"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { Database } from "../../store/Database.ts"
import { Nonces } from "../persistence/Nonces.ts"
import { toPersistenceError } from "./rows.ts"

export const layer = Layer.effect(
  Nonces,
  Effect.gen(function* () {
    const db = yield* Database
    return Nonces.of({
      claim: Effect.fnUntraced(function* (keyid, nonce, until) {
        const clock = yield* Clock.Clock
        return yield* db.transaction((run) => {
          // Read in here, so that no other claim forgets this nonce between the look and the entry.
          const now = DateTime.makeUnsafe(clock.currentTimeMillisUnsafe())
          if (DateTime.isGreaterThan(now, until)) return false
          run(`DELETE FROM nonces WHERE until < ?`, DateTime.formatIso(now))
          const claimed = run(
            `INSERT INTO nonces (keyid, nonce, until) VALUES (?, ?, ?) ON CONFLICT DO NOTHING RETURNING nonce`,
            keyid,
            nonce,
            DateTime.formatIso(until),
          )
          return claimed.length === 1
        })
      }, Effect.mapError(toPersistenceError)),
    })
  }),
)
