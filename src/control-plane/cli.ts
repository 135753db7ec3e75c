import * as Command from "effect/cli/Command"
import { DataFlag } from "./cli/DataFlag.ts"
import { feed } from "./cli/feed.ts"
import { key } from "./cli/key.ts"
import { queue } from "./cli/queue.ts"
import { release } from "./cli/release.ts"
import { results } from "./cli/results.ts"
import { serve } from "./cli/serve.ts"
import { servers } from "./cli/servers.ts"
import { show } from "./cli/show.ts"

/** `patchctl-control-plane`. */
export const controlPlane = Command.make("patchctl-control-plane").pipe(
  Command.withDescription("The reference control plane of the PatchCTL agent, and its operator's commands."),
  Command.withSubcommands([serve, servers, show, queue, results, feed, release, key]),
  Command.withGlobalFlags([DataFlag]),
)
