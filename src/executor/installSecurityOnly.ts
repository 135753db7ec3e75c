import * as Arr from "effect/Array"
import * as Effect from "effect/Effect"
import type { InstallUpdates } from "../domain/Command.ts"
import type { LeftOut } from "../domain/InstallPlan.ts"
import { PackageManagers } from "../package-manager/PackageManagers.ts"
import type { CommandOutcome } from "./CommandOutcome.ts"
import { securityUpdatesAmong } from "./judgePolicy.ts"

/** The outcome of what was left of a request, told of the whole request. */
const withLeftOut = (outcome: CommandOutcome, leftOut: ReadonlyArray<LeftOut>): CommandOutcome => {
  if (leftOut.length === 0 || outcome.output?.command !== "install_updates") return outcome
  const { report } = outcome.output
  return {
    ...outcome,
    status: outcome.status === "succeeded" && !report.dryRun ? "partial" : outcome.status,
    output: {
      command: "install_updates",
      report: { ...report, plan: { ...report.plan, leftOut: [...report.plan.leftOut, ...leftOut] } },
    },
  }
}

/** Installs what of a request is a security update, for a host whose policy is `security_only`. */
export const installSecurityOnly = Effect.fn("installSecurityOnly")(function* <E, R>(
  request: InstallUpdates,
  install: (request: InstallUpdates) => Effect.Effect<CommandOutcome, E, R>,
) {
  if (request.selection.kind !== "packages") return yield* install(request)
  const managers = yield* PackageManagers
  const detected = (yield* managers.detect).filter(({ state }) => state.patchable)
  const [first] = detected
  // Without a manager there is nothing to judge, and nothing to install.
  if (first === undefined) return yield* install(request)
  const listings = yield* Effect.forEach(detected, ({ manager }) => Effect.result(manager.updates))
  const failures = listings.flatMap((listing) =>
    listing._tag === "Failure" ? [listing.failure.message] : [],
  )
  const updates = listings.flatMap((listing) => (listing._tag === "Success" ? listing.success.updates : []))
  const { packages, leftOut } = securityUpdatesAmong(request.selection.packages, updates, first.state.id)
  if (!Arr.isReadonlyArrayNonEmpty(packages)) {
    const nothing: CommandOutcome = {
      status: "failed",
      problem: {
        code: "not_security",
        detail: [
          "this host's policy allows security updates only, and none of the named packages is known to be one",
          ...failures,
        ].join("; "),
        remedy: "see check_updates for the versions that are; security_only is in /etc/patchctl/policy.json",
      },
    }
    return nothing
  }
  return withLeftOut(yield* install({ ...request, selection: { kind: "packages", packages } }), leftOut)
})
