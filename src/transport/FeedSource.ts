import * as Context from "effect/Context"
import type * as Effect from "effect/Effect"
import type { RequestFailed, TlsRefused } from "./ControlPlane.ts"

/** One file as the server has it. */
export type FeedDownload =
  | { readonly kind: "file"; readonly bytes: Uint8Array; readonly etag?: string }
  /** It is still the one whose ETag was sent. */
  | { readonly kind: "unchanged" }
  /** There is no such file, and perhaps no feed at all. */
  | { readonly kind: "absent" }

/**
 * Where vulnerability feeds come from. They are public and carry a signature of their own, so requests say nothing about
 * this agent: any cache or mirror will do.
 */
export class FeedSource extends Context.Service<
  FeedSource,
  {
    /** A file by its name in the publication. More than `limitBytes` is `response_too_large`, noticed while reading. */
    readonly download: (
      file: string,
      options: { readonly limitBytes: number; readonly etag?: string },
    ) => Effect.Effect<FeedDownload, TlsRefused | RequestFailed>
  }
>()("patchctl/transport/FeedSource") {}
