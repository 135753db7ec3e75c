import * as Flag from "effect/cli/Flag"
import * as GlobalFlag from "effect/cli/GlobalFlag"

export const defaultDataDirectory = "/var/lib/patchctl-control-plane"

/** `--data DIR`, before or after any verb. */
export const DataFlag = GlobalFlag.Setting("data")({
  flag: Flag.String("data").pipe(
    Flag.withMetavar("DIR"),
    Flag.withDescription(
      `Directory with everything the control plane keeps; default ${defaultDataDirectory}`,
    ),
    Flag.withDefault(defaultDataDirectory),
  ),
})
