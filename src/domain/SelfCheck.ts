import * as Schema from "effect/Schema"

/** What `patchctl selftest` examines, in the order in which it tells it. */
export const SelfCheckName = Schema.Literals([
  "config",
  "permissions",
  "policy",
  "state",
  "audit",
  "disk",
  "package_managers",
  "dns",
  "tcp",
  "tls",
  "certificate",
  "pins",
  "clock",
  "license_key",
])
export type SelfCheckName = typeof SelfCheckName.Type

/**
 * The outcome of one examination. `skipped`: it could not be made, because an earlier one failed or this user may
 * not. Whatever is not `ok` has a remedy.
 */
export const SelfCheck = Schema.Union([
  Schema.Struct({ name: SelfCheckName, outcome: Schema.Literal("ok"), detail: Schema.String }),
  Schema.Struct({
    name: SelfCheckName,
    outcome: Schema.Literals(["warning", "failed", "skipped"]),
    detail: Schema.String,
    remedy: Schema.String,
  }),
])
export type SelfCheck = typeof SelfCheck.Type
