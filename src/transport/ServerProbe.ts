import * as Context from "effect/Context"
import type * as Effect from "effect/Effect"
import type { LoadedConfig } from "../config/AgentConfig.ts"
import type { SelfCheck } from "../domain/SelfCheck.ts"
import type { LicenseKeyRefused, RequestFailed, TlsRefused } from "./ControlPlane.ts"

/** Looks at the way to the control plane, step by step, with the settings of the agent's own connections. */
export class ServerProbe extends Context.Service<
  ServerProbe,
  {
    /**
     * One result each for `dns`, `tcp`, `tls`, `certificate`, `pins` and `clock`; after a failed step the ones that
     * rest on it are `skipped`. With a proxy, `dns` and `tcp` are about the proxy.
     */
    readonly connection: (config: LoadedConfig) => Effect.Effect<ReadonlyArray<SelfCheck>>
    /** Whether the server accepts the licence key. Enrols nothing and sends nothing else about this host. */
    readonly license: (
      config: LoadedConfig,
    ) => Effect.Effect<void, LicenseKeyRefused | TlsRefused | RequestFailed>
  }
>()("patchctl/transport/ServerProbe") {}
