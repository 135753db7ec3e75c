import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Option from "effect/Option"
import { X509Certificate } from "node:crypto"
import { AgentConfig } from "../../config/AgentConfig.ts"
import { ConfigError } from "../../config/ConfigError.ts"
import { Environment } from "../../config/Environment.ts"

/**
 * Where distributions keep all certificate authorities in one file, as in Go's crypto/x509 (root_linux.go).
 * `tls.getCACertificates("system")` reads the same certificates one by one: 100 ms and 5 MB more.
 */
const systemBundles = [
  "/etc/ssl/certs/ca-certificates.crt",
  "/etc/pki/tls/certs/ca-bundle.crt",
  "/etc/ssl/ca-bundle.pem",
  "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",
  "/etc/ssl/cert.pem",
]

const pemCertificate = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g

const isCertificate = (pem: string) => {
  try {
    return new X509Certificate(pem).raw.length > 0
  } catch {
    return false
  }
}

/** OpenSSL takes a file without a single certificate without a word, and then trusts nobody. */
const faultOf = (pem: string): string | undefined => {
  const blocks = pem.match(pemCertificate)
  if (blocks === null) return "holds no certificate"
  return blocks.every(isCertificate) ? undefined : "holds a damaged certificate"
}

const readCaFile = Effect.fnUntraced(function* (config: AgentConfig["Service"], caFile: string) {
  const files = yield* FileSystem.FileSystem
  const refused = (fault: string) =>
    new ConfigError({
      problems: [
        {
          where: config.path,
          key: "ca_file",
          fault: `names ${caFile}, which ${fault}`,
          remedy: "name a PEM file that the agent may read (openssl x509 -in FILE -noout -subject shows one)",
        },
      ],
    })
  const pem = yield* Effect.mapError(files.readFileString(caFile), () => refused("cannot be read"))
  const fault = faultOf(pem)
  return fault === undefined ? pem : yield* refused(fault)
})

/**
 * The certificate authorities to trust, as PEM: those of `ca_file` alone when it is set, else the host's, so that
 * a private CA which is installed there works. `undefined` leaves it to the list built into Node, for a host
 * without any. Read once: what changes on disk counts after a restart.
 */
export const readAuthorities = Effect.gen(function* () {
  const config = yield* AgentConfig
  if (config.ca_file !== undefined) return yield* readCaFile(config, config.ca_file)

  const files = yield* FileSystem.FileSystem
  const { variables } = yield* Environment
  const named = variables["SSL_CERT_FILE"] ?? ""
  for (const path of named === "" ? systemBundles : [named, ...systemBundles]) {
    const pem = yield* Effect.option(files.readFileString(path))
    if (Option.isSome(pem) && pem.value.search(pemCertificate) !== -1) return pem.value
  }
  return undefined
})
