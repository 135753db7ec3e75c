import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type { LoadedConfig } from "../config/AgentConfig.ts"
import type { SelfCheck, SelfCheckName } from "../domain/SelfCheck.ts"
import { ServerProbe } from "../transport/ServerProbe.ts"

const steps = ["dns", "tcp", "tls", "certificate", "pins", "clock", "license_key"] as const

const skipped = (name: SelfCheckName, detail: string, remedy: string): SelfCheck => ({
  name,
  outcome: "skipped",
  detail,
  remedy,
})

/** Nothing is sent, least of all the licence key, to a server whose identity is in doubt. */
const licenseCheck = Effect.fnUntraced(function* (
  config: LoadedConfig,
  connection: ReadonlyArray<SelfCheck>,
): Effect.fn.Return<SelfCheck, never, ServerProbe> {
  const name = "license_key"
  if (connection.some(({ outcome, name: step }) => outcome === "failed" && step !== "clock")) {
    return skipped(name, "the server was not reached", "mend the connection first")
  }
  const probe = yield* ServerProbe
  return yield* probe.license(config).pipe(
    Effect.as<SelfCheck>({ name, outcome: "ok", detail: "the server accepts the licence key" }),
    Effect.catchTags({
      LicenseKeyRefused: () =>
        Effect.succeed<SelfCheck>({
          name,
          outcome: "failed",
          detail: "Invalid license key",
          remedy: `compare license_key in ${config.path} with the dashboard: Settings, Account`,
        }),
      TlsRefused: ({ message }) =>
        Effect.succeed<SelfCheck>({ name, outcome: "failed", detail: message, remedy: "mend TLS first" }),
      RequestFailed: ({ message }) =>
        Effect.succeed<SelfCheck>({
          name,
          outcome: "warning",
          detail: `the server gave no verdict: ${message}`,
          remedy: "try again later",
        }),
    }),
  )
})

/** The way to the control plane, from the resolver to the licence key. */
export const checkServer = Effect.fnUntraced(function* (config: Option.Option<LoadedConfig>) {
  if (Option.isNone(config)) {
    return steps.map((name) =>
      skipped(name, "there is no valid configuration", "mend the configuration first"),
    )
  }
  const probe = yield* ServerProbe
  const connection = yield* probe.connection(config.value)
  return [...connection, yield* licenseCheck(config.value, connection)]
})
