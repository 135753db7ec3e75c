import * as Context from "effect/Context"
import type * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { ReleaseVersion } from "../domain/Release.ts"
import type { RequestFailed, TlsRefused } from "../transport/ControlPlane.ts"
import type { UpdateFilesError } from "./UpdateFilesError.ts"

/** The metadata of releases are not to be believed or not there. Nothing but updating is affected. */
export class ReleasesRefused extends Schema.TaggedError<ReleasesRefused>()("ReleasesRefused", {
  reason: Schema.Literals([
    "no_trust",
    "no_releases",
    "expired",
    "wrong_signature",
    "rolled_back",
    "malformed",
  ]),
  /** In the words of whoever noticed. */
  detail: Schema.String,
}) {
  override get message() {
    const what = {
      no_trust: "this installation has no keys to check releases with: install it anew",
      no_releases: "the server offers no releases",
      expired:
        "the releases were not renewed in time, or the clock of this host is wrong: renew them, or set the clock",
      wrong_signature: "the releases are not signed by a key that this host trusts",
      rolled_back: "the server offers an older state of releases than this host has seen",
      malformed: "the server's releases are not understood",
    }[this.reason]
    return `${what} (${this.detail})`
  }
}

/** What came is not the executable that is signed. It is gone. */
export class ExecutableRefused extends Schema.TaggedError<ExecutableRefused>()("ExecutableRefused", {
  version: ReleaseVersion,
  detail: Schema.String,
}) {
  override get message() {
    return `the executable of ${this.version} was refused: ${this.detail}`
  }
}

/** An executable for this host that is signed. */
export interface Release {
  readonly version: ReleaseVersion
  readonly name: string
  readonly bytes: number
  readonly sha256: string
}

/** Releases that can be believed: signatures, expiry, order and checksums are checked behind this. */
export class ReleaseSource extends Context.Service<
  ReleaseSource,
  {
    /** Every release for this processor. */
    readonly releases: Effect.Effect<
      ReadonlyArray<Release>,
      ReleasesRefused | TlsRefused | RequestFailed | UpdateFilesError
    >
    /** Whether the file at `path` is that executable, to the last byte. */
    readonly isWhole: (release: Release, path: string) => Effect.Effect<boolean>
    /** Brings the executable to a new file at `path`. On failure there is no such file. */
    readonly download: (
      release: Release,
      path: string,
    ) => Effect.Effect<void, ExecutableRefused | TlsRefused | RequestFailed | UpdateFilesError>
  }
>()("patchctl/self-update/ReleaseSource") {}
