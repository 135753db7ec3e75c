import * as NodeHttpClient from "@effect/platform-node/NodeHttpClient"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as HttpClient from "effect/http/HttpClient"
import * as HttpClientRequest from "effect/http/HttpClientRequest"
import * as HttpApiClient from "effect/http-api/HttpApiClient"
import type { AgentId, CommandId } from "../../domain/Identifiers.ts"
import { Api } from "../../protocol/Api.ts"
import type { CommandOrder, CommandRecord, Server, ServerScan } from "../../protocol/OperatorApi.ts"
import { type OperatorFailure, toOperatorFailure } from "./OperatorFailure.ts"

/** Where the control plane is, whom to trust for it, and who is asking. */
export interface OperatorConnection {
  readonly url: string
  /** Certificate authorities in PEM. */
  readonly ca: string
  readonly token: Redacted.Redacted<string>
}

interface OfServer {
  readonly params: { readonly agentId: AgentId }
}

interface OfCommand {
  readonly params: { readonly commandId: CommandId }
}

/** The operator API, call by call. */
export class OperatorClient extends Context.Service<
  OperatorClient,
  {
    readonly servers: () => Effect.Effect<ReadonlyArray<Server>, OperatorFailure>
    readonly server: (request: OfServer) => Effect.Effect<Server, OperatorFailure>
    readonly scan: (request: OfServer) => Effect.Effect<ServerScan, OperatorFailure>
    readonly queue: (
      request: OfServer & { readonly payload: CommandOrder },
    ) => Effect.Effect<CommandRecord, OperatorFailure>
    readonly commands: (request: OfServer) => Effect.Effect<ReadonlyArray<CommandRecord>, OperatorFailure>
    readonly command: (request: OfCommand) => Effect.Effect<CommandRecord, OperatorFailure>
  }
>()("patchctl/control-plane/cli/OperatorClient") {
  static readonly layer = ({ url, ca, token }: OperatorConnection) =>
    Layer.effect(
      OperatorClient,
      Effect.gen(function* () {
        const http = yield* HttpClient.HttpClient
        const operator = yield* HttpApiClient.group(Api, {
          group: "operator",
          httpClient: HttpClient.mapRequest(http, (request) =>
            request.pipe(HttpClientRequest.prependUrl(url), HttpClientRequest.bearerToken(token)),
          ),
        })
        return OperatorClient.of({
          servers: () => Effect.mapError(operator.servers(), toOperatorFailure),
          server: (request) => Effect.mapError(operator.server(request), toOperatorFailure),
          scan: (request) => Effect.mapError(operator.scan(request), toOperatorFailure),
          queue: (request) => Effect.mapError(operator.queue(request), toOperatorFailure),
          commands: (request) => Effect.mapError(operator.commands(request), toOperatorFailure),
          command: (request) => Effect.mapError(operator.command(request), toOperatorFailure),
        })
      }),
    ).pipe(
      Layer.provide(
        // `rejectUnauthorized` is spelled out because NODE_TLS_REJECT_UNAUTHORIZED=0 would undo its default.
        NodeHttpClient.layerNodeHttpOptions({ ca, minVersion: "TLSv1.3", rejectUnauthorized: true }),
      ),
    )
}
