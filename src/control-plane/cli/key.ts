import * as Command from "effect/cli/Command"
import { keyRotate } from "./keyRotate.ts"

export const key = Command.make("key").pipe(
  Command.withShortDescription("Change the key that signs commands"),
  Command.withDescription("Looks after the key that signs commands."),
  Command.withSubcommands([keyRotate]),
)
