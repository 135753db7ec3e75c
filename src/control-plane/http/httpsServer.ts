import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import * as HttpRouter from "effect/http/HttpRouter"
import * as HttpApiBuilder from "effect/http-api/HttpApiBuilder"
import * as NodeHttpServer from "@effect/platform-node/NodeHttpServer"
import { createServer, type Server } from "node:https"
import { Api } from "../../protocol/Api.ts"
import type { ListenAddress } from "../listenAddress.ts"
import type { ServerIdentity } from "../tls/serverIdentity.ts"
import * as AgentHandlers from "./agentHandlers.ts"
import { cutOffDawdlers } from "./bodyPace.ts"
import * as EnrolmentHandlers from "./enrolmentHandlers.ts"
import * as Fallback from "./fallback.ts"
import * as FeedHandlers from "./feedHandlers.ts"
import * as LicenseAuthorization from "./licenseAuthorization.ts"
import * as OperatorAuthorization from "./operatorAuthorization.ts"
import * as OperatorHandlers from "./operatorHandlers.ts"
import * as ReleaseHandlers from "./releaseHandlers.ts"
import * as RequestShape from "./requestShape.ts"
import * as SignatureAuthorization from "./signatureAuthorization.ts"

/** The address cannot be listened on. */
export class ListenFailed extends Schema.TaggedError<ListenFailed>()("ListenFailed", {
  host: Schema.String,
  port: Schema.Int,
  cause: Schema.Defect(),
}) {
  override get message() {
    return `cannot listen on ${this.host} port ${this.port}: it is in use, not an address of this machine, or below 1024 and needs root; give another --listen`
  }
}

const secureContext = ({ key, chain }: ServerIdentity) => ({ key: Redacted.value(key), cert: chain })

/** TLS 1.3 and nothing else. A client that dawdles over the head of its request is cut off; for bodies see `cutOffDawdlers`. */
export const makeHttpsServer = (identity: ServerIdentity): Server =>
  createServer({
    ...secureContext(identity),
    minVersion: "TLSv1.3",
    maxVersion: "TLSv1.3",
    handshakeTimeout: 20_000,
    headersTimeout: 20_000,
    // Node knows only a limit for head and body together, however large the body is.
    requestTimeout: 0,
    // Nothing is upgraded, and who asks for it is served like anybody else, body and pace included.
    shouldUpgradeCallback: () => false,
  })

/** New connections get the new certificate; open ones are not disturbed. */
export const present = (server: Server, identity: ServerIdentity) => {
  server.setSecureContext({ ...secureContext(identity), minVersion: "TLSv1.3", maxVersion: "TLSv1.3" })
}

const api = HttpApiBuilder.layer(Api).pipe(
  Layer.provide([
    EnrolmentHandlers.layer,
    AgentHandlers.layer,
    FeedHandlers.layer,
    ReleaseHandlers.layer,
    OperatorHandlers.layer,
  ]),
  Layer.provide([
    LicenseAuthorization.layer,
    SignatureAuthorization.layer,
    OperatorAuthorization.layer,
    RequestShape.layer,
  ]),
)

const dawdlers = (server: Server) => Layer.effectDiscard(Effect.forkScoped(cutOffDawdlers(server)))

/** Serves the API on `server`. */
export const layer = (server: Server, { host, port }: ListenAddress) =>
  HttpRouter.serve(Layer.mergeAll(api, Fallback.layer, dawdlers(server)), {
    disableLogger: true,
    disableListenLog: true,
  }).pipe(
    Layer.provideMerge(
      NodeHttpServer.layer(() => server, { host, port, gracefulShutdownTimeout: "5 seconds" }),
    ),
  )
