import * as Effect from "effect/Effect"
import type { Command } from "../domain/Command.ts"
import type { ReportProgress } from "../package-manager/PackageManager.ts"
import { checkUpdates } from "./checkUpdates.ts"
import { getPackageInfo } from "./getPackageInfo.ts"
import { healthCheck } from "./healthCheck.ts"
import { installSecurityOnly } from "./installSecurityOnly.ts"
import { installUpdates } from "./installUpdates.ts"

/** What this host's configuration and policy add to a command. */
export interface Circumstances {
  readonly quietPeriodSeconds: number
  readonly securityOnly: boolean
  readonly report: ReportProgress
}

/** The four operations. There is no fifth. */
export const perform = Effect.fnUntraced(function* (command: Command, circumstances: Circumstances) {
  const { quietPeriodSeconds, securityOnly, report } = circumstances
  switch (command.name) {
    case "check_updates":
      return yield* checkUpdates(command.parameters)
    case "install_updates": {
      const install = (request: typeof command.parameters) =>
        installUpdates(request, quietPeriodSeconds, report)
      return yield* securityOnly
        ? installSecurityOnly(command.parameters, install)
        : install(command.parameters)
    }
    case "get_package_info":
      return yield* getPackageInfo(command.parameters)
    case "health_check":
      return yield* healthCheck()
  }
})
