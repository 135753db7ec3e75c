import * as Data from "effect/Data"
import { createHash, X509Certificate } from "node:crypto"
import { checkServerIdentity, type DetailedPeerCertificate, type PeerCertificate } from "node:tls"

/** No key of the server's chain is among the pins. `code` as on Node's own certificate errors. */
export class PinMismatch extends Data.TaggedError("PinMismatch")<{ readonly host: string }> {
  readonly code = "PATCHCTL_PIN_MISMATCH"
}

/** `sha256/` and the base64 of the SHA-256 of the SubjectPublicKeyInfo (RFC 7469 2.4). */
export const pinOf = (certificate: X509Certificate): string => {
  const spki = certificate.publicKey.export({ type: "spki", format: "der" })
  return `sha256/${createHash("sha256").update(spki).digest("base64")}`
}

/** Node links each certificate to its issuer, and a root to itself. */
export const presentedChain = (leaf: PeerCertificate | DetailedPeerCertificate): Array<X509Certificate> => {
  const chain: Array<X509Certificate> = []
  const seen = new Set<string>()
  let next: PeerCertificate | DetailedPeerCertificate | undefined = leaf
  while (next?.raw !== undefined && !seen.has(next.fingerprint256)) {
    seen.add(next.fingerprint256)
    chain.push(new X509Certificate(next.raw))
    next = "issuerCertificate" in next ? next.issuerCertificate : undefined
  }
  return chain
}

const isValid = (certificate: X509Certificate, now: number) =>
  certificate.validFromDate.getTime() <= now && now <= certificate.validToDate.getTime()

/**
 * The leaf and every issuer that is a CA, is valid and whose key really signed the one before. The chain that
 * OpenSSL verified is not to be had; Node links issuers by name alone, and takes certificates that OpenSSL passed
 * over. So a server with a certificate of any trusted CA could send along a forged or expired link to a pinned one.
 */
const provenChain = (chain: ReadonlyArray<X509Certificate>, now: number): ReadonlyArray<X509Certificate> => {
  const broken = chain.findIndex((issuer, index) => {
    const subject = chain[index - 1]
    return subject !== undefined && !(issuer.ca && isValid(issuer, now) && subject.verify(issuer.publicKey))
  })
  return broken === -1 ? chain : chain.slice(0, broken)
}

/**
 * The identity check of every connection, after OpenSSL has verified the chain: the name as Node checks it, then
 * the pins, if any. Returns what is wrong. Not asked again when a TLS session that passed it is resumed.
 */
export const checkIdentity =
  (pins: ReadonlyArray<string>, now: () => number) =>
  (host: string, leaf: PeerCertificate): Error | undefined => {
    const wrongName = checkServerIdentity(host, leaf)
    if (wrongName !== undefined || pins.length === 0) return wrongName
    const proven = provenChain(presentedChain(leaf), now())
    return proven.some((certificate) => pins.includes(pinOf(certificate)))
      ? undefined
      : new PinMismatch({ host })
  }
