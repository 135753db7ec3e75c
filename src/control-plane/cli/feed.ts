import * as Command from "effect/cli/Command"
import { feedBuild } from "./feedBuild.ts"

export const feed = Command.make("feed").pipe(
  Command.withShortDescription("Make vulnerability feeds"),
  Command.withDescription("Makes the vulnerability feeds that agents compare their packages with."),
  Command.withSubcommands([feedBuild]),
)
