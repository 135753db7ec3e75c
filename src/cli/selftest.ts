import * as Cause from "effect/Cause"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import { TerminalCapabilities } from "effect/cli/TerminalCapabilities"
import { agentVersion } from "../agentVersion.ts"
import { defaultStateDirectory } from "../config/AgentConfig.ts"
import { executorDirectory, inProcessDirectory } from "../config/executorDirectory.ts"
import { findConfig } from "../config/loadConfig.ts"
import { policyPath } from "../domain/Policy.ts"
import { SelfCheck, SelfCheckName } from "../domain/SelfCheck.ts"
import { selfCheckTimeout } from "../schedules.ts"
import { checkConfig } from "./checkConfig.ts"
import { checkAudit, checkPolicy } from "./checkExecutor.ts"
import { checkPermissions, checkState } from "./checkFiles.ts"
import { checkDisk, checkPackageManagers } from "./checkHost.ts"
import { checkServer } from "./checkServer.ts"
import { ConfigFlag } from "./ConfigFlag.ts"
import { exitCodesText, Reported, selftestExitCodes, usageCodes } from "./exitCodes.ts"
import { paint } from "./plainText.ts"
import { printDocument } from "./printDocument.ts"
import { withProgress } from "./progress.ts"
import { selftestText } from "./selftestText.ts"

/** What `patchctl selftest --json` prints. `passed`: no check failed. */
export const SelftestReport = Schema.Struct({
  agentVersion: Schema.String,
  passed: Schema.Boolean,
  checks: Schema.Array(SelfCheck),
})
export type SelftestReport = typeof SelftestReport.Type

/** Keeps a check that hangs or has a bug from taking the others along. */
const alone = <E, R>(name: SelfCheckName, check: Effect.Effect<ReadonlyArray<SelfCheck>, E, R>) =>
  check.pipe(
    Effect.timeoutOrElse({
      duration: selfCheckTimeout,
      orElse: () =>
        Effect.succeed<ReadonlyArray<SelfCheck>>([
          {
            name,
            outcome: "failed",
            detail: "the check did not end in time",
            remedy: "see what keeps it waiting",
          },
        ]),
    }),
    Effect.catchCauseIf(
      (cause) => !Cause.hasInterruptsOnly(cause),
      (cause) =>
        Effect.succeed<ReadonlyArray<SelfCheck>>([
          {
            name,
            outcome: "failed",
            detail: `the check itself failed: ${String(Cause.squash(cause))}`,
            remedy: "this is a bug in the agent: report it with this line",
          },
        ]),
    ),
  )

/** Every check, in the order of `SelfCheckName`. */
export const runChecks = Effect.fn("selftest")(function* (configPath: string) {
  const [configChecks, config] = yield* checkConfig(configPath)
  const directory = Option.match(config, {
    onNone: () => defaultStateDirectory,
    onSome: (loaded) => loaded.state_directory,
  })
  const others = yield* Effect.all(
    [
      alone("permissions", checkPermissions(configPath, directory)),
      alone("policy", checkPolicy(policyPath)),
      alone("state", checkState(directory)),
      alone("audit", checkAudit([executorDirectory(directory), inProcessDirectory(directory)])),
      alone("disk", checkDisk),
      alone("package_managers", checkPackageManagers),
      alone("dns", checkServer(config)),
    ],
    { concurrency: 2 },
  )
  const checks = [...configChecks, ...others.flat()]
  const report: SelftestReport = {
    agentVersion,
    passed: checks.every(({ outcome }) => outcome !== "failed"),
    checks,
  }
  return report
})

/** What must hold before this version takes the place of another: it understands configuration, policy and state. */
const runUpdateChecks = Effect.fn("selftest.update")(function* (configPath: string) {
  const [configChecks, config] = yield* checkConfig(configPath)
  const directory = Option.match(config, {
    onNone: () => defaultStateDirectory,
    onSome: (loaded) => loaded.state_directory,
  })
  const policyChecks = yield* alone("policy", checkPolicy(policyPath))
  const stateChecks = yield* alone("state", checkState(directory))
  const checks = [...configChecks, ...policyChecks, ...stateChecks]
  const report: SelftestReport = {
    agentVersion,
    passed: checks.every(({ outcome }) => outcome !== "failed"),
    checks,
  }
  return report
})

const printReport = printDocument(SelftestReport)

/** `patchctl selftest`: whether the agent can do its work here. Changes nothing, enrols nothing. */
export const selftest = Command.make(
  "selftest",
  {
    json: Flag.Boolean("json").pipe(Flag.withDescription("Print one JSON document"), Flag.withDefault(false)),
    update: Flag.Boolean("update").pipe(
      Flag.withDescription("Only what must hold before this version is put to use; needs no network"),
      Flag.withDefault(false),
    ),
  },
  Effect.fn("selftest")(function* ({ json, update }) {
    const path = yield* findConfig(yield* ConfigFlag)
    const report = yield* (update ? runUpdateChecks(path) : runChecks(path)).pipe(withProgress("Checking"))
    if (json) {
      yield* printReport(report)
    } else {
      const { canColor } = yield* TerminalCapabilities
      yield* Console.log(selftestText(report.checks, paint(canColor)))
    }
    if (!report.passed) return yield* new Reported({ exitCode: 1 })
  }),
).pipe(
  Command.withShortDescription("Check whether the agent can do its work"),
  Command.withDescription(
    `Checks configuration, permissions, policy, state, audit log, disk, package managers, and the way to the control plane up to the licence key, and says what mends each fault. Changes nothing and enrols nothing. Run it as root to check everything.\n\n${exitCodesText(selftestExitCodes, usageCodes)}`,
  ),
)
