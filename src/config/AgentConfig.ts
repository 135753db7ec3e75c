import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { RefreshPolicy } from "../domain/Command.ts"
import { LicenseKey } from "../domain/Identifiers.ts"

export const defaultConfigPath = "/etc/patchctl/config.json"

export const defaultStateDirectory = "/var/lib/patchctl"

/**
 * `description` and `expected` are the columns of `docs/reference/configuration.md`, and `expected` ends every
 * complaint about a value. A check without one inherits that of its pattern or range.
 */
const key = (description: string, expected?: string) => ({
  description,
  ...(expected === undefined ? {} : { expected }),
})

const seconds = (minimum: number, maximum: number) =>
  Schema.Int.check(
    Schema.isBetween({ minimum, maximum }, { expected: `a whole number from ${minimum} to ${maximum}` }),
  )

const httpsUrl = Schema.String.check(
  Schema.isPattern(/^https:\/\/[^\s/@?#]+(?::\d+)?(?:\/[^\s?#]*)?$/, {
    expected: "an https:// address without user or query",
  }),
)

const proxyUrl = Schema.String.check(
  Schema.isPattern(/^https?:\/\/[^\s/]+\/?$/, {
    expected: "http://host:port or https://host:port, with user:password@ where it asks for them",
  }),
)

const absolutePath = Schema.String.check(Schema.isPattern(/^\/[^\0]*$/, { expected: "an absolute path" }))

/** The SHA-256 of a certificate's SubjectPublicKeyInfo in base64, as in RFC 7469. */
const spkiPin = Schema.String.check(
  Schema.isPattern(/^sha256\/[A-Za-z0-9+/]{43}=$/, { expected: "sha256/ and 44 characters of base64" }),
)

const withDefault = <S extends Schema.Top>(schema: S, value: S["Encoded"]) =>
  schema.pipe(Schema.withDecodingDefaultKey(Effect.succeed(value)))

/** A pasted key often brings a space or line break along. */
const pastedLicenseKey = Schema.Trim.pipe(Schema.decodeTo(LicenseKey))

/**
 * Everything in `config.json`. Keys are the product's: snake_case, with the unit in the name. No two names may be
 * within `typoDistance` of each other, because such a neighbour of a known key is refused as a typing error.
 */
export const AgentConfigFile = Schema.Struct({
  license_key: Schema.RedactedFromValue(pastedLicenseKey, { disallowEncode: true }).annotate(
    key(
      "Licence key of the organisation, from the dashboard: Settings, Account.",
      "a licence key: pk_live_ followed by letters and digits",
    ),
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
      "a list of pins, each sha256/ and 44 characters of base64",
    ),
  ),
  proxy: Schema.optionalKey(Schema.RedactedFromValue(proxyUrl)).annotate(
    key(
      'HTTP proxy for every request. Without it HTTPS_PROXY and NO_PROXY count; `"no_proxy": ["*"]` ignores them.',
      "http://host:port or https://host:port, with user:password@ where it asks for them",
    ),
  ),
  no_proxy: withDefault(Schema.Array(Schema.String), []).annotate(
    key("Hosts to reach without the proxy.", "a list of host names"),
  ),
  log_level: withDefault(Schema.Literals(["trace", "debug", "info", "warn", "error"]), "info").annotate(
    key("Least severe messages to log.", "trace, debug, info, warn or error"),
  ),
  log_directory: Schema.optionalKey(absolutePath).annotate(
    key(
      "Where the daemon keeps `agent.log` and `agent.log.1`, 4 MiB each at most, besides its messages to the journal. `/opt/patchctl/log` is made for it.",
    ),
  ),
  refresh: withDefault(RefreshPolicy, { if_older_than_seconds: 21_600 }).annotate(
    key(
      "When a scan downloads package metadata first: never, always, or when what is there is older.",
      'never, always, or {"if_older_than_seconds": a whole number from 60 to 2592000}',
    ),
  ),
  state_directory: withDefault(absolutePath, defaultStateDirectory).annotate(
    key(
      "Where identity, outbox and feeds are kept. Ledger, audit log and pinned keys are beside it, under the same path with `-executor`.",
    ),
  ),
  quiet_period_seconds: withDefault(seconds(0, 3600), 120).annotate(
    key("Time after boot in which nothing is installed."),
  ),
  read_only: withDefault(Schema.Boolean, false).annotate(
    key("Refuse every command that changes the host: only heartbeats and scans.", "true or false"),
  ),
  feed_key_file: Schema.optionalKey(absolutePath).annotate(
    key("PEM file with the keys to trust for vulnerability feeds instead of those pinned at enrolment."),
  ),
  self_update: withDefault(Schema.Boolean, true).annotate(
    key(
      "Whether an agent that the installation script installed replaces itself by newer signed releases.",
      "true or false",
    ),
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
