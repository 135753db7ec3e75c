import * as Command from "effect/cli/Command"
import { ConfigFlag } from "./ConfigFlag.ts"

/** `patchctl`, and `patchctl-agent`, which is the same program. */
export const root = <const Verbs extends readonly [Command.Command.Any, ...Array<Command.Command.Any>]>(
  verbs: Verbs,
) =>
  Command.make("patchctl").pipe(
    Command.withDescription(
      "The PatchCTL agent keeps this server patched. Each verb's help lists its exit codes.",
    ),
    Command.withSubcommands(verbs),
    Command.withGlobalFlags([ConfigFlag]),
  )
