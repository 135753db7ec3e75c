import {
  Key,
  Metadata,
  type Root,
  Signature,
  type Snapshot,
  type Targets,
  type Timestamp,
} from "@tufjs/models"
import canonicalize from "canonicalize"
import * as DateTime from "effect/DateTime"
import { createHash, createPublicKey, type KeyObject, sign } from "node:crypto"

/** Of The Update Framework, theupdateframework.github.io/specification. */
export const specVersion = "1.0.31"

/** One document of the metadata, as it is published. */
export interface Document {
  readonly version: number
  readonly bytes: Buffer
}

const sha256 = (bytes: string | Uint8Array) => createHash("sha256").update(bytes).digest("hex")

/** The public half of a key, under the id that the specification recommends: the SHA-256 of its canonical form. */
export const tufKey = (key: KeyObject): Key => {
  const { x = "" } = createPublicKey(key).export({ format: "jwk" })
  const keyVal = { public: Buffer.from(x, "base64url").toString("hex") }
  const canonical = canonicalize({ keytype: "ed25519", scheme: "ed25519", keyval: keyVal }) ?? ""
  return new Key({ keyID: sha256(canonical), keyType: "ed25519", scheme: "ed25519", keyVal })
}

/** Signs metadata with Ed25519 (RFC 8032). */
export const signed = (
  content: Root | Snapshot | Targets | Timestamp,
  keys: ReadonlyArray<KeyObject>,
): Document => {
  const metadata = new Metadata(content)
  for (const key of keys) {
    const { keyID } = tufKey(key)
    metadata.sign((bytes) => new Signature({ keyID, sig: sign(null, bytes, key).toString("hex") }))
  }
  return { version: content.version, bytes: Buffer.from(`${JSON.stringify(metadata.toJSON(), null, 1)}\n`) }
}

/** What one document says of another. */
export const described = ({ version, bytes }: Document) => ({
  version,
  length: bytes.length,
  hashes: { sha256: sha256(bytes) },
})

/** `2027-01-31T00:00:00Z`: the specification has no fractions of a second. */
export const expiryText = (at: DateTime.Utc): string => `${DateTime.formatIso(at).slice(0, 19)}Z`
