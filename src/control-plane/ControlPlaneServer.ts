import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Schedule from "effect/Schedule"
import * as SecureRandom from "effect/crypto/SecureRandom"
import * as HttpServer from "effect/http/HttpServer"
import type { Server } from "node:https"
import { CommandQueue } from "./CommandQueue.ts"
import { CommandSigner } from "./CommandSigner.ts"
import { type DataDirectory, files, openDataDirectory } from "./data/DataDirectory.ts"
import { firstSecrets } from "./data/firstSecrets.ts"
import { HeartbeatInterval } from "./HeartbeatInterval.ts"
import * as HttpsServer from "./http/httpsServer.ts"
import { apiUrl, certificateNames, type ListenAddress, localUrl } from "./listenAddress.ts"
import { PublishedFeeds } from "./PublishedFeeds.ts"
import { PublishedReleases } from "./PublishedReleases.ts"
import { toPersistenceError } from "./sqlite/rows.ts"
import * as SqlitePersistence from "./sqlite/sqlitePersistence.ts"
import { serverIdentity } from "./tls/serverIdentity.ts"

export interface ServerOptions {
  readonly dataDirectory: string
  readonly listen: ListenAddress
  /** DNS names under which agents know this server, besides localhost. */
  readonly names: ReadonlyArray<string>
  readonly heartbeatSeconds: number
}

/** Looks twice a day whether the certificate must be replaced; a failure is logged and tried again. */
const renewCertificate = (
  server: Server,
  data: DataDirectory,
  controlPlaneId: string,
  names: ReadonlyArray<string>,
) =>
  serverIdentity(data, controlPlaneId, names).pipe(
    Effect.map((identity) => HttpsServer.present(server, identity)),
    Effect.catchCause((cause) => Effect.logError("certificate.renewal_failed", cause)),
    Effect.schedule(Schedule.spaced("12 hours")),
    Effect.forkScoped,
  )

/** A running control plane and where its things are. */
export class ControlPlaneServer extends Context.Service<
  ControlPlaneServer,
  {
    /** For `api_url` of agents. */
    readonly apiUrl: string
    /** For programs on this machine. */
    readonly localUrl: string
    readonly port: number
    readonly data: DataDirectory
  }
>()("patchctl/control-plane/ControlPlaneServer") {
  /**
   * Starts a control plane on its data directory, which is made and filled on the first start. Ends with its scope,
   * after requests in progress were answered.
   */
  static readonly layer = (options: ServerOptions) =>
    Layer.unwrap(
      Effect.gen(function* () {
        const random = yield* SecureRandom.SecureRandom
        const data = yield* openDataDirectory(options.dataDirectory, { create: true })
        const controlPlaneId = yield* data.keep(
          files.identity,
          Effect.map(random.uuidV4(), (uuid) => `cp_${uuid}`),
        )
        const names = certificateNames(options.listen, options.names)
        const server = HttpsServer.makeHttpsServer(yield* serverIdentity(data, controlPlaneId, names))

        const started = Layer.effect(
          ControlPlaneServer,
          Effect.gen(function* () {
            const { address } = yield* HttpServer.HttpServer
            const port = "port" in address ? address.port : options.listen.port
            const listen = { host: options.listen.host, port }
            yield* firstSecrets(data)
            yield* data.write(files.apiUrl, localUrl(listen))
            yield* renewCertificate(server, data, controlPlaneId, names)
            yield* Effect.logInfo("server.started").pipe(
              Effect.annotateLogs({ ...listen, names: options.names.join(","), data: data.root }),
            )
            return ControlPlaneServer.of({
              apiUrl: apiUrl(listen, options.names),
              localUrl: localUrl(listen),
              port,
              data,
            })
          }),
        )
        return started.pipe(
          Layer.provide(HttpsServer.layer(server, options.listen)),
          Layer.catchTag("ServeError", ({ cause }) =>
            Layer.effect(
              ControlPlaneServer,
              Effect.fail(new HttpsServer.ListenFailed({ ...options.listen, cause })),
            ),
          ),
          Layer.provide(
            Layer.merge(PublishedFeeds.layer(data.feeds), PublishedReleases.layer(data.releases)),
          ),
          Layer.provide(CommandQueue.layer),
          Layer.provide(CommandSigner.layer({ issuer: controlPlaneId, data })),
          Layer.provide(SqlitePersistence.layer(data.path(files.database))),
          Layer.catchTag("StoreError", (error) =>
            Layer.effect(ControlPlaneServer, Effect.fail(toPersistenceError(error))),
          ),
          Layer.provide(Layer.succeed(HeartbeatInterval, options.heartbeatSeconds)),
        )
      }),
    ).pipe(Layer.provide(SecureRandom.layerWebCrypto))
}
