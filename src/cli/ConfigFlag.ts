import * as Flag from "effect/cli/Flag"
import * as GlobalFlag from "effect/cli/GlobalFlag"
import { defaultConfigPath } from "../config/AgentConfig.ts"

/** `--config PATH`, before or after any verb; an Option in the context of every handler and its layers. */
export const ConfigFlag = GlobalFlag.Setting("config")({
  flag: Flag.String("config").pipe(
    Flag.withMetavar("PATH"),
    Flag.withDescription(`Configuration file; default $PATCHCTL_CONFIG, else ${defaultConfigPath}`),
    Flag.optional,
  ),
})
