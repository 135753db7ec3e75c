import * as Context from "effect/Context"
import type * as Effect from "effect/Effect"
import type * as Option from "effect/Option"
import type { PlatformError } from "effect/PlatformError"
import type { RequestFailed, TlsRefused } from "./ControlPlane.ts"

/**
 * Where the agent's own releases come from. They are public and signed by keys that the server does not have, so requests
 * say nothing about this agent: any cache or mirror will do.
 */
export class ReleaseFiles extends Context.Service<
  ReleaseFiles,
  {
    /** A file of the metadata; none where the server has none. More than `limitBytes` is `response_too_large`. */
    readonly metadata: (
      file: string,
      limitBytes: number,
    ) => Effect.Effect<Option.Option<Uint8Array>, TlsRefused | RequestFailed>
    /**
     * Writes an executable to a new file at `path`, on disk when it returns; false where the server has none. On failure
     * the part that came is left.
     */
    readonly executable: (
      file: string,
      limitBytes: number,
      path: string,
    ) => Effect.Effect<boolean, TlsRefused | RequestFailed | PlatformError>
  }
>()("patchctl/transport/ReleaseFiles") {}
