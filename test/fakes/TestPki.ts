import "reflect-metadata"
import * as x509 from "@peculiar/x509"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import { createHash, webcrypto } from "node:crypto"

const { subtle } = webcrypto

const makeKeys = () => subtle.generateKey({ name: "ECDSA", namedCurve: "P-256" }, true, ["sign", "verify"])

/** One certificate with its private key. */
export interface TestCertificate {
  readonly pem: string
  readonly privateKeyPem: string
  /** `sha256/…` of its public key, as in the agent's `pins`. */
  readonly pin: string
  readonly keys: webcrypto.CryptoKeyPair
  readonly subject: string
}

interface Order {
  readonly subject: string
  /** Names and addresses it is for; a CA has none. */
  readonly hosts?: ReadonlyArray<string>
  readonly authority?: boolean
  /** Days from now. */
  readonly from?: number
  readonly until?: number
  /** The key to certify, instead of a new one. */
  readonly keys?: webcrypto.CryptoKeyPair
  readonly issuer?: Pick<TestCertificate, "subject" | "keys">
}

const isAddress = (host: string) => /^[\d.]+$|:/.test(host)

/** Issues whatever is ordered, however wrong; without an issuer it is self-signed. */
export const issueCertificate = Effect.fn("TestPki.issue")(function* (order: Order) {
  const keys = order.keys ?? (yield* Effect.promise(makeKeys))
  const subject = `CN=${order.subject}`
  const issuer = order.issuer ?? { subject, keys }
  const now = yield* DateTime.now
  const days = (count: number) => DateTime.toDateUtc(DateTime.add(now, { days: count }))
  const names = (order.hosts ?? []).map(
    (value) => ({ type: isAddress(value) ? "ip" : "dns", value }) as const,
  )

  const certificate = yield* Effect.promise(async () =>
    x509.X509CertificateGenerator.create({
      subject,
      issuer: issuer.subject,
      notBefore: days(order.from ?? -1),
      notAfter: days(order.until ?? 30),
      publicKey: keys.publicKey,
      signingKey: issuer.keys.privateKey,
      signingAlgorithm: { name: "ECDSA", hash: "SHA-256" },
      extensions: [
        new x509.BasicConstraintsExtension(order.authority === true, undefined, true),
        await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
        await x509.AuthorityKeyIdentifierExtension.create(issuer.keys.publicKey),
        ...(names.length === 0 ? [] : [new x509.SubjectAlternativeNameExtension(names)]),
      ],
    }),
  )
  const pkcs8 = yield* Effect.promise(() => subtle.exportKey("pkcs8", keys.privateKey))
  const spki = yield* Effect.promise(() => subtle.exportKey("spki", keys.publicKey))
  return {
    pem: certificate.toString("pem"),
    privateKeyPem: x509.PemConverter.encode(pkcs8, "PRIVATE KEY"),
    pin: `sha256/${createHash("sha256").update(new Uint8Array(spki)).digest("base64")}`,
    keys,
    subject,
  } satisfies TestCertificate
})

/** A root CA, and a server certificate of it for `localhost` and 127.0.0.1. */
export const makePki = Effect.gen(function* () {
  const root = yield* issueCertificate({ subject: "Test Root", authority: true })
  const server = yield* issueCertificate({
    subject: "server",
    hosts: ["localhost", "127.0.0.1"],
    issuer: root,
  })
  return { root, server }
})
