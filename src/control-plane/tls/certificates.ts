// @peculiar/x509 resolves its parts through decorators, which need this polyfill first.
import "reflect-metadata"
import {
  AuthorityKeyIdentifierExtension,
  BasicConstraintsExtension,
  ExtendedKeyUsage,
  ExtendedKeyUsageExtension,
  KeyUsageFlags,
  KeyUsagesExtension,
  SubjectAlternativeNameExtension,
  SubjectKeyIdentifierExtension,
  X509Certificate,
  X509CertificateGenerator,
} from "@peculiar/x509"
import * as DateTime from "effect/DateTime"
import { createPrivateKey, createPublicKey, generateKeyPairSync } from "node:crypto"
import { isIP } from "node:net"

const algorithm = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" }

const pkcs8 = { type: "pkcs8", format: "pem" } as const

/** How long certificates are valid, and how long before its end the server's is replaced. */
export const caYears = 10
export const serverDays = 365
export const renewalDays = 30

/** A new ECDSA P-256 key as PKCS#8 in PEM. */
export const makeEcKey = (): string =>
  String(generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey.export(pkcs8))

/** A new Ed25519 key as PKCS#8 in PEM. */
export const makeEd25519Key = (): string => String(generateKeyPairSync("ed25519").privateKey.export(pkcs8))

const signingKey = (pem: string) => createPrivateKey(pem).toCryptoKey(algorithm, false, ["sign"])
const publicKey = (pem: string) => createPublicKey(pem).toCryptoKey(algorithm, true, ["verify"])

/** Clocks of agents may be a little behind at the moment a certificate is made. */
const backdated = (now: DateTime.Utc) => DateTime.toDateUtc(DateTime.subtract(now, { hours: 1 }))

/** A self-signed CA certificate, in PEM, that can sign server certificates and nothing below them. */
export const makeCaCertificate = async (key: string, name: string, now: DateTime.Utc): Promise<string> => {
  const certificate = await X509CertificateGenerator.create({
    subject: `CN=${name}`,
    issuer: `CN=${name}`,
    notBefore: backdated(now),
    notAfter: DateTime.toDateUtc(DateTime.add(now, { years: caYears })),
    publicKey: publicKey(key),
    signingKey: signingKey(key),
    signingAlgorithm: algorithm,
    extensions: [
      new BasicConstraintsExtension(true, 0, true),
      new KeyUsagesExtension(KeyUsageFlags.keyCertSign | KeyUsageFlags.cRLSign, true),
      await SubjectKeyIdentifierExtension.create(publicKey(key)),
    ],
  })
  return certificate.toString("pem")
}

/** A server certificate, in PEM, for the given DNS names and addresses. */
export const makeServerCertificate = async (
  ca: { readonly key: string; readonly certificate: string },
  serverKey: string,
  names: ReadonlyArray<string>,
  now: DateTime.Utc,
): Promise<string> => {
  const issuer = new X509Certificate(ca.certificate)
  const certificate = await X509CertificateGenerator.create({
    subject: "CN=patchctl-control-plane",
    issuer: issuer.subject,
    notBefore: backdated(now),
    notAfter: DateTime.toDateUtc(DateTime.add(now, { days: serverDays })),
    publicKey: publicKey(serverKey),
    signingKey: signingKey(ca.key),
    signingAlgorithm: algorithm,
    extensions: [
      new BasicConstraintsExtension(false, undefined, true),
      new KeyUsagesExtension(KeyUsageFlags.digitalSignature, true),
      new ExtendedKeyUsageExtension([ExtendedKeyUsage.serverAuth]),
      new SubjectAlternativeNameExtension(
        names.map((value) => ({ type: isIP(value) === 0 ? "dns" : "ip", value })),
      ),
      await SubjectKeyIdentifierExtension.create(publicKey(serverKey)),
      await AuthorityKeyIdentifierExtension.create(issuer),
    ],
  })
  return certificate.toString("pem")
}

/** Whether a server certificate still serves: signed by this CA, for all these names, and not near its end. */
export const stillServes = (
  certificate: string,
  caCertificate: string,
  names: ReadonlyArray<string>,
  now: DateTime.Utc,
): boolean => {
  const { issuer, notAfter, extensions } = new X509Certificate(certificate)
  const covered = extensions
    .filter((extension) => extension instanceof SubjectAlternativeNameExtension)
    .flatMap(({ names }) => names.items.map(({ value }) => value))
  return (
    issuer === new X509Certificate(caCertificate).subject &&
    names.every((name) => covered.includes(name)) &&
    notAfter > DateTime.toDateUtc(DateTime.add(now, { days: renewalDays }))
  )
}
