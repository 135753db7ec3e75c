import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import * as SecureRandom from "effect/crypto/SecureRandom"
import { OperatorScope } from "../../protocol/OperatorApi.ts"
import { Credentials } from "../persistence/Credentials.ts"
import { secretHash } from "../secretHash.ts"
import { type DataDirectory, files } from "./DataDirectory.ts"

const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"

/** So many letters and digits, each equally likely. */
const randomText = Effect.fnUntraced(function* (length: number) {
  const random = yield* SecureRandom.SecureRandom
  const picks = yield* Effect.replicateEffect(
    random.intBetween(0, alphabet.length, { halfOpen: true }),
    length,
  )
  return picks.map((index) => alphabet.charAt(index)).join("")
})

/** The organisation of a control plane that serves one. */
export const organization = "default"

/**
 * The licence key and the operator token of a first start. The files are for whoever sets up agents; the store
 * knows only hashes, and once it knows one, no file is made again: an operator may take the secrets away.
 */
export const firstSecrets = Effect.fn("firstSecrets")(function* (data: DataDirectory) {
  const credentials = yield* Credentials
  const at = yield* DateTime.now
  const present = yield* credentials.present

  if (!present.licenseKey) {
    const key = yield* data.keep(
      files.licenseKey,
      Effect.map(randomText(32), (text) => `pk_live_${text}`),
    )
    yield* credentials.addLicenseKey(secretHash(Redacted.make(key)), organization, at)
  }
  if (!present.operatorToken) {
    const token = yield* data.keep(
      files.operatorToken,
      Effect.map(randomText(40), (text) => `patchctl_op_${text}`),
    )
    const operator = { name: "first operator", organization, scopes: OperatorScope.literals }
    yield* credentials.addOperatorToken(secretHash(Redacted.make(token)), operator, at)
  }
})
