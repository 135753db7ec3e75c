import * as Context from "effect/Context"
import type * as Effect from "effect/Effect"

/** Patches of the kernel in memory, which its package and its version know nothing of. */
export class LivePatches extends Context.Service<
  LivePatches,
  {
    /**
     * The CVE ids that live patches mend in the running kernel, whose `uname -r` is given. Never fails: what is not
     * certain is not in it.
     */
    readonly cves: (kernelRelease: string) => Effect.Effect<ReadonlySet<string>>
  }
>()("patchctl/host/LivePatches") {}
