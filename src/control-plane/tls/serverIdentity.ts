import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import { type DataDirectory, files } from "../data/DataDirectory.ts"
import { makeCaCertificate, makeEcKey, makeServerCertificate, stillServes } from "./certificates.ts"

/** What the HTTPS server presents. The chain ends with the CA, so that a pin on the CA's key holds. */
export interface ServerIdentity {
  readonly key: Redacted.Redacted<string>
  readonly chain: string
}

/**
 * The server's key and certificate: kept ones where they still serve, else new ones from this control plane's own
 * CA, which is made on first use. Names an earlier start was given stay valid only while they are given.
 */
export const serverIdentity = Effect.fn("serverIdentity")(function* (
  data: DataDirectory,
  controlPlaneId: string,
  names: ReadonlyArray<string>,
) {
  const now = yield* DateTime.now
  const caKey = yield* data.keep(files.caKey, Effect.sync(makeEcKey))
  const caCertificate = yield* data.keep(
    files.caCertificate,
    Effect.promise(() => makeCaCertificate(caKey, `PatchCTL CA ${controlPlaneId}`, now)),
  )
  const serverKey = yield* data.keep(files.serverKey, Effect.sync(makeEcKey))
  const kept = yield* data.read(files.serverCertificate)
  const certificate =
    Option.isSome(kept) && stillServes(kept.value, caCertificate, names, now)
      ? kept.value
      : yield* Effect.promise(() =>
          makeServerCertificate({ key: caKey, certificate: caCertificate }, serverKey, names, now),
        ).pipe(Effect.tap((made) => data.write(files.serverCertificate, made)))
  const identity: ServerIdentity = {
    key: Redacted.make(serverKey),
    chain: `${certificate}\n${caCertificate}\n`,
  }
  return identity
})
