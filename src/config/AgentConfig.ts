import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { RefreshPolicy } from "../domain/Command.ts"
import { LicenseKey } from "../domain/Identifiers.ts"

/** `description`, `unit` and `default` become the reference page; a test keeps it true. */
const key = (description: string) => ({ description })

const seconds = (minimum: number, maximum: number) => Schema.Int.check(Schema.isBetween({ minimum, maximum }))

const httpsUrl = Schema.String.check(
  Schema.isPattern(/^https:\/\/[^\s/@]+(?::\d+)?(?:\/[^\s?#]*)?$/, {
    expected: "an https:// address without user or query",
  }),
)

const proxyUrl = Schema.String.check(
  Schema.isPattern(/^https?:\/\/[^\s/]+\/?$/, { expected: "http://host:port or https://host:port" }),
)

const absolutePath = Schema.String.check(Schema.isPattern(/^\/[^\0]*$/, { expected: "an absolute path" }))

/** The SHA-256 of a certificate's SubjectPublicKeyInfo in base64, as in RFC 7469. */
const spkiPin = Schema.String.check(
  Schema.isPattern(/^sha256\/[A-Za-z0-9+/]{43}=$/, { expected: "sha256/ and 44 characters of base64" }),
)

const withDefault = <S extends Schema.Top>(schema: S, value: S["Encoded"]) =>
  schema.pipe(Schema.withDecodingDefaultKey(Effect.succeed(value)))

/** Everything in `config.json`. Keys are the product's: snake_case, with the unit in the name. */
export const AgentConfigFile = Schema.Struct({
  license_key: Schema.RedactedFromValue(LicenseKey).annotate(
    key("Licence key of the organisation, from the dashboard: Settings, Account."),
  ),
  api_url: withDefault(httpsUrl, "https://api.patchctl.com").annotate(key("Address of the control plane.")),
  heartbeat_seconds: withDefault(seconds(1, 86_400), 300).annotate(key("Time between heartbeats.")),
  scan_seconds: withDefault(seconds(10, 604_800), 21_600).annotate(key("Time between package scans.")),
  ca_file: Schema.optionalKey(absolutePath).annotate(
    key("PEM file with the certificate authorities to trust instead of the system's."),
  ),
  pins: withDefault(Schema.Array(spkiPin), []).annotate(
    key(
      "Public keys of which one must be in the server's chain (RFC 7469). Empty: no pinning. Keep a spare.",
    ),
  ),
  proxy: Schema.optionalKey(proxyUrl).annotate(
    key(
      'HTTP proxy for every request. Without it HTTPS_PROXY and NO_PROXY count; "no_proxy": ["*"] ignores them.',
    ),
  ),
  no_proxy: withDefault(Schema.Array(Schema.String), []).annotate(key("Hosts to reach without the proxy.")),
  log_level: withDefault(Schema.Literals(["trace", "debug", "info", "warn", "error"]), "info").annotate(
    key("Least severe messages to log."),
  ),
  refresh: withDefault(RefreshPolicy, { if_older_than_seconds: 21_600 }).annotate(
    key("When a scan downloads package metadata first: never, always, or when it is older."),
  ),
  state_directory: withDefault(absolutePath, "/var/lib/patchctl").annotate(
    key("Where identity, outbox, ledger and audit log are kept."),
  ),
  quiet_period_seconds: withDefault(seconds(0, 3600), 120).annotate(
    key("Time after boot in which nothing is installed."),
  ),
  read_only: withDefault(Schema.Boolean, false).annotate(
    key("Refuse every command that changes the host: only heartbeats and scans."),
  ),
  otlp_url: Schema.optionalKey(httpsUrl).annotate(
    key("OTLP/HTTP collector for traces and metrics. Without it none are sent."),
  ),
})
export type AgentConfigFile = typeof AgentConfigFile.Type

/** Where the configuration was read from, for messages. */
export interface LoadedConfig extends AgentConfigFile {
  readonly path: string
}

/** The agent's configuration, decoded once at start. */
export class AgentConfig extends Context.Service<AgentConfig, LoadedConfig>()(
  "patchctl/config/AgentConfig",
) {}

export const defaultConfigPath = "/etc/patchctl/config.json"
