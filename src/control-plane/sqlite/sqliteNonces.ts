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
        const now = DateTime.formatIso(yield* DateTime.now)
        return yield* db.transaction((run) => {
          run(`DELETE FROM nonces WHERE until < ?`, now)
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
