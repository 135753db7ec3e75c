import * as Schema from "effect/Schema"

const matching = (pattern: RegExp, expected: string) =>
  Schema.String.check(Schema.isPattern(pattern, { expected }))

/** The control plane's name for one agent: `agt_` and a lower-case UUID. */
export const AgentId = matching(/^agt_[0-9a-f-]{36}$/, "an agent id (agt_<uuid>)").pipe(
  Schema.brand("AgentId"),
)
export type AgentId = typeof AgentId.Type

/** One command's `jti`: `cmd_` and a lower-case UUID. */
export const CommandId = matching(/^cmd_[0-9a-f-]{36}$/, "a command id (cmd_<uuid>)").pipe(
  Schema.brand("CommandId"),
)
export type CommandId = typeof CommandId.Type

/** One scan's name, made by the agent: `scn_` and a lower-case UUID. */
export const ScanId = matching(/^scn_[0-9a-f-]{36}$/, "a scan id (scn_<uuid>)").pipe(Schema.brand("ScanId"))
export type ScanId = typeof ScanId.Type

/** SHA-256 as 64 lower-case hexadecimal digits. */
export const Sha256 = matching(/^[0-9a-f]{64}$/, "a SHA-256 digest in hexadecimal").pipe(
  Schema.brand("Sha256"),
)
export type Sha256 = typeof Sha256.Type

/**
 * This machine under an application-specific name: HMAC-SHA256 of the PatchCTL application id keyed by
 * `/etc/machine-id`, as machine-id(5) asks for, so that the raw id never leaves the host.
 */
export const MachineId = matching(/^[0-9a-f]{32}$/, "an application-specific machine id").pipe(
  Schema.brand("MachineId"),
)
export type MachineId = typeof MachineId.Type

/** An organisation's licence key. Always `Redacted` outside the config file. */
export const LicenseKey = Schema.String.check(
  Schema.isPattern(/^pk_live_[A-Za-z0-9]{8,128}$/, {
    expected: "a licence key: pk_live_ followed by letters and digits",
  }),
).pipe(Schema.brand("LicenseKey"))
export type LicenseKey = typeof LicenseKey.Type
