import { SignJWT } from "jose"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import { createPrivateKey, createPublicKey, type KeyObject } from "node:crypto"
import { calculateJwkThumbprint } from "jose"
import { PublicKey } from "../../protocol/AgentMessages.ts"
import { KeyRotationClaims, keyRotationType } from "../../protocol/KeyRotation.ts"
import { lockFile } from "../../store/Database.ts"
import { makeEd25519Key } from "../tls/certificates.ts"
import { type DataDirectory, DataDirectoryRefused, files } from "./DataDirectory.ts"

/**
 * The key in force and how it came to be, in one file, so that no crash can leave a statement without its key or a key
 * without its statement. `statements[n]` leads from generation n to n + 1.
 */
const Rotated = Schema.Struct({
  /** PKCS#8 in PEM. Keys of the past are not kept. */
  privateKey: Schema.String,
  statements: Schema.NonEmptyArray(Schema.String),
})
const Document = Schema.fromJsonString(Rotated)
const decodeDocument = Schema.decodeUnknownEffect(Document)
const encodeDocument = Schema.encodeSync(Document)
const decodePublicKey = Schema.decodeUnknownSync(PublicKey)
const encodeClaims = Schema.encodeSync(KeyRotationClaims)

/** The command key in force, and every statement that led to it. */
export interface CommandKeys {
  readonly privateKey: KeyObject
  readonly publicKey: PublicKey
  /** How often the key was changed. */
  readonly generation: number
  readonly statements: ReadonlyArray<string>
}

/** `command-keys.json` cannot be used. Nothing is signed rather than with a key that agents do not know. */
export class CommandKeysUnusable extends Schema.TaggedError<CommandKeysUnusable>()("CommandKeysUnusable", {
  path: Schema.String,
  cause: Schema.Defect(),
}) {
  override get message() {
    return `${this.path} cannot be read as command keys: check its owner, or restore it`
  }
}

const publicKeyOf = (privateKey: KeyObject) => {
  const jwk = createPublicKey(privateKey).export({ format: "jwk" })
  return Effect.map(
    Effect.promise(() => calculateJwkThumbprint(jwk)),
    (kid) => decodePublicKey({ ...jwk, kid }),
  )
}

/** Reads the command key, or makes the first one. */
export const readCommandKeys = Effect.fn("readCommandKeys")(function* (data: DataDirectory) {
  const path = data.path(files.commandKeys)
  const unusable = (cause: unknown) => new CommandKeysUnusable({ path, cause })
  const written = yield* Effect.mapError(data.read(files.commandKeys), unusable)
  const { privateKey: pem, statements } = Option.isSome(written)
    ? yield* Effect.mapError(decodeDocument(written.value), unusable)
    : { privateKey: yield* data.keep(files.commandKey, Effect.sync(makeEd25519Key)), statements: [] }
  const privateKey = yield* Effect.try({ try: () => createPrivateKey(pem), catch: unusable })
  const keys: CommandKeys = {
    privateKey,
    publicKey: yield* publicKeyOf(privateKey),
    generation: statements.length,
    statements,
  }
  return keys
})

/**
 * Makes a new command key and has the present one sign that it takes its place. From then on the present one signs
 * nothing any more.
 */
export const rotateCommandKey = Effect.fn("rotateCommandKey")(function* (data: DataDirectory) {
  yield* lockFile(`${data.root}/.keys.lock`)
  const issuer = yield* data.read(files.identity)
  if (Option.isNone(issuer)) return yield* new DataDirectoryRefused({ path: data.root })
  const present = yield* readCommandKeys(data)
  const pem = makeEd25519Key()
  const publicKey = yield* publicKeyOf(createPrivateKey(pem))
  const claims = encodeClaims({
    iss: issuer.value,
    iat: Math.floor(DateTime.toEpochMillis(yield* DateTime.now) / 1000),
    generation: present.generation + 1,
    commandKeys: [publicKey],
  })
  const statement = yield* Effect.promise(() =>
    new SignJWT(claims)
      .setProtectedHeader({ alg: "EdDSA", typ: keyRotationType, kid: present.publicKey.kid })
      .sign(present.privateKey),
  )
  const [first = statement, ...rest] = [...present.statements, statement]
  yield* data.write(files.commandKeys, encodeDocument({ privateKey: pem, statements: [first, ...rest] }))
  yield* data.remove(files.commandKey)
  return { generation: present.generation + 1, publicKey }
}, Effect.scoped)
