import * as Context from "effect/Context"
import type * as Effect from "effect/Effect"

/** One mounted filesystem, in bytes. `available` is what an ordinary user may still write. */
export interface Space {
  readonly total: number
  readonly available: number
}

export interface ProcessUsage {
  readonly rssBytes: number
  /** User and system time of this process since it started, without its children. */
  readonly cpuSeconds: number
}

/** What only the runtime can be asked, because no file tells it. */
export class SystemCalls extends Context.Service<
  SystemCalls,
  {
    /** The kernel's word for the hardware, as in `uname -m`. */
    readonly machine: Effect.Effect<string>
    /** Addresses other hosts can reach this one by, sorted: neither loopback nor link-local ones. */
    readonly addresses: Effect.Effect<ReadonlyArray<string>>
    /** statfs(2). `undefined` when it fails or does not answer in time; never ask about a network mount. */
    readonly space: (mountPoint: string) => Effect.Effect<Space | undefined>
    readonly processUsage: Effect.Effect<ProcessUsage>
  }
>()("patchctl/host/SystemCalls") {}
