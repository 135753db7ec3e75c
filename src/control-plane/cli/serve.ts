import * as Config from "effect/Config"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Schema from "effect/Schema"
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import { ControlPlaneServer } from "../ControlPlaneServer.ts"
import { files } from "../data/DataDirectory.ts"
import { ListenAddressText, parseListenAddress } from "../listenAddress.ts"
import * as Telemetry from "../telemetry.ts"
import { DataFlag } from "./DataFlag.ts"
import { serveText } from "./serveText.ts"

/** What a script needs to set up agents and to act as operator. Paths are absolute. */
export const ServeReport = Schema.Struct({
  api_url: Schema.String,
  port: Schema.Int,
  data_directory: Schema.String,
  ca_file: Schema.String,
  license_key_file: Schema.String,
  operator_token_file: Schema.String,
})
export type ServeReport = typeof ServeReport.Type

const encodeReport = Schema.encodeSync(Schema.fromJsonString(ServeReport))

const DnsName = Schema.String.check(
  Schema.isPattern(
    /^(?=.{1,253}$)[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)*$/,
    {
      expected: "a DNS name in lower case, such as patchctl.example.com",
    },
  ),
)

export const serve = Command.make(
  "serve",
  {
    listen: Flag.String("listen").pipe(
      Flag.withMetavar("ADDRESS:PORT"),
      Flag.withDescription("Where to listen; port 0 takes a free one"),
      Flag.withSchema(ListenAddressText),
      Flag.withDefault("127.0.0.1:8443"),
    ),
    names: Flag.String("name").pipe(
      Flag.withMetavar("HOST"),
      Flag.withDescription(
        "DNS name under which agents reach this server; may be repeated, the first goes into api_url",
      ),
      Flag.withSchema(DnsName),
      Flag.atLeast(0),
    ),
    heartbeatSeconds: Flag.Int("heartbeat-seconds").pipe(
      Flag.withMetavar("SECONDS"),
      Flag.withDescription("Time between two heartbeats of an agent, 1 to 86400"),
      Flag.withSchema(Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 86_400 }))),
      Flag.withDefault(300),
    ),
    collector: Flag.String("otlp-url").pipe(
      Flag.withMetavar("URL"),
      Flag.withDescription(
        "OTLP/HTTP collector for traces and metrics; default $OTEL_EXPORTER_OTLP_ENDPOINT",
      ),
      Flag.withFallbackConfig(Config.String("OTEL_EXPORTER_OTLP_ENDPOINT")),
      Flag.optional,
    ),
    json: Flag.Boolean("json").pipe(
      Flag.withDescription("Print one JSON document when ready, for scripts"),
      Flag.withDefault(false),
    ),
  },
  Effect.fnUntraced(function* ({ listen, names, heartbeatSeconds, collector, json }) {
    const dataDirectory = yield* DataFlag
    const announced = Effect.gen(function* () {
      const server = yield* ControlPlaneServer
      const report: ServeReport = {
        api_url: server.apiUrl,
        port: server.port,
        data_directory: server.data.root,
        ca_file: server.data.path(files.caCertificate),
        license_key_file: server.data.path(files.licenseKey),
        operator_token_file: server.data.path(files.operatorToken),
      }
      yield* Console.log(json ? encodeReport(report) : serveText(report))
    })
    return yield* Layer.launch(
      Layer.effectDiscard(announced).pipe(
        Layer.provide(
          ControlPlaneServer.layer({
            dataDirectory,
            listen: parseListenAddress(listen),
            names,
            heartbeatSeconds,
          }),
        ),
        Layer.provide(Telemetry.layer(collector)),
      ),
    )
  }),
).pipe(
  Command.withShortDescription("Run the control plane"),
  Command.withDescription(
    `Runs the control plane: HTTPS with TLS 1.3, a SQLite file, signed commands. The first start creates a certificate authority, a server certificate, a key for signing commands, a licence key and an operator token under the data directory and prints what to do next. SIGTERM stops it.

Exit codes:
     0  stopped on request
     1  failed; stderr says why
    64  the command line is wrong`,
  ),
)
