import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import { OperatorScope } from "../../protocol/OperatorApi.ts"
import { Database } from "../../store/Database.ts"
import { Credentials } from "../persistence/Credentials.ts"
import { sameSecret, SecretHash } from "../secretHash.ts"
import { rowsOf, toPersistenceError } from "./rows.ts"

const Scopes = Schema.fromJsonString(Schema.Array(OperatorScope))
const encodeScopes = Schema.encodeSync(Scopes)

const LicenseKeyRow = Schema.Struct({ hash: SecretHash, organization: Schema.String })
const OperatorTokenRow = Schema.Struct({
  hash: SecretHash,
  name: Schema.String,
  organization: Schema.String,
  scopes: Scopes,
})

const presentRows = rowsOf(
  Schema.Struct({ licenseKey: Schema.BooleanFromBit, operatorToken: Schema.BooleanFromBit }),
)
const licenseKeyRows = rowsOf(LicenseKeyRow)
const operatorTokenRows = rowsOf(OperatorTokenRow)

/** Bytes of a hash in a range that the index finds; the rest is compared in constant time. */
const range = (hash: SecretHash) => [hash.slice(0, 8), `${hash.slice(0, 8)}g`] as const

export const layer = Layer.effect(
  Credentials,
  Effect.gen(function* () {
    const db = yield* Database
    return Credentials.of({
      licenseKey: (key) =>
        licenseKeyRows(
          db.all(
            `SELECT hash, organization FROM license_keys WHERE revoked_at IS NULL AND hash >= ? AND hash < ?`,
            ...range(key),
          ),
        ).pipe(
          Effect.map((rows) => Option.fromNullishOr(rows.find((row) => sameSecret(row.hash, key)))),
          Effect.map(Option.map((row) => row.organization)),
        ),
      operatorToken: (token) =>
        operatorTokenRows(
          db.all(
            `SELECT hash, name, organization, scopes FROM operator_tokens
              WHERE revoked_at IS NULL AND hash >= ? AND hash < ?`,
            ...range(token),
          ),
        ).pipe(
          Effect.map((rows) => Option.fromNullishOr(rows.find((row) => sameSecret(row.hash, token)))),
          Effect.map(Option.map(({ name, organization, scopes }) => ({ name, organization, scopes }))),
        ),
      present: presentRows(
        db.all(
          `SELECT EXISTS (SELECT 1 FROM license_keys) AS licenseKey,
                  EXISTS (SELECT 1 FROM operator_tokens) AS operatorToken`,
        ),
      ).pipe(Effect.map((rows) => rows[0] ?? { licenseKey: false, operatorToken: false })),
      addLicenseKey: (key, organization, at) =>
        db
          .run(
            `INSERT INTO license_keys (hash, organization, created_at) VALUES (?, ?, ?) ON CONFLICT DO NOTHING`,
            key,
            organization,
            DateTime.formatIso(at),
          )
          .pipe(Effect.mapError(toPersistenceError), Effect.asVoid),
      addOperatorToken: (token, operator, at) =>
        db
          .run(
            `INSERT INTO operator_tokens (hash, name, organization, scopes, created_at) VALUES (?, ?, ?, ?, ?)
               ON CONFLICT DO NOTHING`,
            token,
            operator.name,
            operator.organization,
            encodeScopes(operator.scopes),
            DateTime.formatIso(at),
          )
          .pipe(Effect.mapError(toPersistenceError), Effect.asVoid),
    })
  }),
)
