import * as NodeHttpClient from "@effect/platform-node/NodeHttpClient"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as HttpClient from "effect/http/HttpClient"
import * as HttpClientRequest from "effect/http/HttpClientRequest"
import * as HttpApiClient from "effect/http-api/HttpApiClient"
import { Api } from "../../protocol/Api.ts"

/** Where the control plane is, whom to trust for it, and who is asking. */
export interface OperatorConnection {
  readonly url: string
  /** Certificate authorities in PEM. */
  readonly ca: string
  readonly token: Redacted.Redacted<string>
}

/** The operator API, typed. */
export class OperatorClient extends Context.Service<
  OperatorClient,
  HttpApiClient.ForApi<typeof Api>["operator"]
>()("patchctl/control-plane/cli/OperatorClient") {
  static readonly layer = ({ url, ca, token }: OperatorConnection) =>
    Layer.effect(
      OperatorClient,
      Effect.gen(function* () {
        const http = yield* HttpClient.HttpClient
        return yield* HttpApiClient.group(Api, {
          group: "operator",
          httpClient: HttpClient.mapRequest(http, (request) =>
            request.pipe(HttpClientRequest.prependUrl(url), HttpClientRequest.bearerToken(token)),
          ),
        })
      }),
    ).pipe(
      Layer.provide(
        // `rejectUnauthorized` is spelled out because NODE_TLS_REJECT_UNAUTHORIZED=0 would undo its default.
        NodeHttpClient.layerNodeHttpOptions({ ca, minVersion: "TLSv1.3", rejectUnauthorized: true }),
      ),
    )
}
