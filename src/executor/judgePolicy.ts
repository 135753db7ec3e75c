import * as DateTime from "effect/DateTime"
import * as Option from "effect/Option"
import * as Result from "effect/Result"
import type { Command, InstallUpdates, PackageSelection, RefusalCode } from "../domain/Command.ts"
import type { LeftOut } from "../domain/InstallPlan.ts"
import type { ManagerId } from "../domain/Package.ts"
import type { Policy } from "../domain/Policy.ts"
import type { AvailableUpdate } from "../domain/Update.ts"
import { nextOpening, openUntil } from "./installWindows.ts"

/** Why the policy of this host is against a command. */
export interface Denial {
  readonly code: Extract<RefusalCode, "policy_denied" | "outside_window">
  readonly detail: string
}

const deny = (detail: string): Result.Result<never, Denial> => Result.fail({ code: "policy_denied", detail })

const earliest = (a: DateTime.Utc, b: DateTime.Utc | undefined): DateTime.Utc =>
  b === undefined ? a : DateTime.min(a, b)

/** The request as far as the policy lets it: never with more than was asked for. */
const admitInstall = (
  policy: Policy,
  request: InstallUpdates,
  now: DateTime.Zoned,
): Result.Result<InstallUpdates, Denial> => {
  if (policy.reboot_allowed === false && (request.reboot ?? "never") !== "never") {
    return deny("this host's policy does not allow a command to restart it (reboot_allowed)")
  }
  if (policy.removals_allowed === false && request.allow_removals === true) {
    return deny("this host's policy does not allow packages to be removed (removals_allowed)")
  }
  if (policy.security_only === true && request.selection.kind === "all") {
    return deny("this host's policy allows security updates only (security_only)")
  }
  const excluded: InstallUpdates =
    policy.exclude === undefined
      ? request
      : { ...request, exclude: [...new Set([...(request.exclude ?? []), ...policy.exclude])] }
  // A plan may be asked for at any time.
  if (policy.install_windows === undefined || request.dry_run === true) return Result.succeed(excluded)
  const closing = openUntil(policy.install_windows, now)
  if (Option.isNone(closing)) {
    const zone = DateTime.zoneToString(now.zone)
    return Result.fail({
      code: "outside_window",
      detail: `this host's policy has no open window for installing now; the next opens on ${nextOpening(policy.install_windows, now)} (${zone})`,
    })
  }
  return Result.succeed({ ...excluded, deadline: earliest(closing.value, request.deadline) })
}

/**
 * What is left of an authentic command under the policy of this host, or why nothing is. `policy` is a failure when the
 * file cannot be used: then only the examination of the host is allowed, which an administrator needs to find out.
 * Nothing of an installation begins after the window it began in has closed.
 */
export const judgePolicy = (
  policy: Result.Result<Policy, string>,
  command: Command,
  now: DateTime.Zoned,
): Result.Result<Command, Denial> => {
  if (Result.isFailure(policy)) {
    return command.name === "health_check" ? Result.succeed(command) : deny(policy.failure)
  }
  const { commands } = policy.success
  if (commands !== undefined && !commands.includes(command.name)) {
    return deny(`this host's policy allows only ${commands.join(", ") || "no command at all"} (commands)`)
  }
  if (command.name !== "install_updates") return Result.succeed(command)
  return Result.map(admitInstall(policy.success, command.parameters, now), (parameters) => ({
    ...command,
    parameters,
  }))
}

const isSecurityUpdate = (updates: ReadonlyArray<AvailableUpdate>, wanted: PackageSelection): boolean =>
  updates.some(
    ({ name, architecture, to, security }) =>
      wanted.name.split(":")[0] === name &&
      (wanted.architecture === undefined || wanted.architecture === architecture) &&
      security.verdict === "yes" &&
      (wanted.version === to || wanted.version === security.fixedIn),
  )

/**
 * Under `security_only`: which of the named packages are security updates, and the others as left out. `manager` is
 * named for a package that has no update at all.
 */
export const securityUpdatesAmong = (
  packages: ReadonlyArray<PackageSelection>,
  updates: ReadonlyArray<AvailableUpdate>,
  manager: ManagerId,
): { readonly packages: ReadonlyArray<PackageSelection>; readonly leftOut: ReadonlyArray<LeftOut> } => ({
  packages: packages.filter((wanted) => isSecurityUpdate(updates, wanted)),
  leftOut: packages
    .filter((wanted) => !isSecurityUpdate(updates, wanted))
    .map((wanted): LeftOut => {
      const update = updates.find(({ name }) => name === wanted.name.split(":")[0])
      return {
        manager: update?.manager ?? manager,
        name: wanted.name,
        ...(update === undefined ? {} : { from: update.from }),
        wanted: wanted.version,
        reason: "not_security",
        detail: "this host's policy allows security updates only",
      }
    }),
})
