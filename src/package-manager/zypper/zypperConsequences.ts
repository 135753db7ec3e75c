import type { InstallPlan } from "../../domain/InstallPlan.ts"
import type { AvailableUpdate } from "../../domain/Update.ts"
import type { Summary } from "./zypperSummary.ts"

/**
 * Packages that take effect only when the host restarts, for a zypper that does not say so itself: what SUSE's kernels,
 * C library, init system and firmware declare with `installhint(reboot-needed)`.
 */
const needsReboot =
  /^(?:kernel(?:-(?:core|default|default-base|azure|rt|64kb|debug|preempt|vanilla|firmware.*))?|ucode-(?:amd|intel)|glibc|systemd|udev|dbus-1(?:-daemon)?|dbus-broker)$/

/** Whether the host is expected to need a restart after this: by zypper, by a patch, or by the names of packages. */
export const rebootExpected = (
  installs: ReadonlyArray<{ readonly name: string; readonly to: string }>,
  updates: ReadonlyArray<AvailableUpdate>,
  summary: Pick<Summary, "needsReboot"> | undefined,
): InstallPlan["rebootExpected"] => {
  const asksForIt = installs.some(({ name, to }) =>
    updates.some(
      (update) =>
        update.name === name &&
        update.to === to &&
        update.security.evidence.some(({ restart }) => restart === "reboot"),
    ),
  )
  if (asksForIt || summary?.needsReboot === true) return "yes"
  if (summary?.needsReboot === false) return "no"
  return installs.some(({ name }) => needsReboot.test(name)) ? "yes" : "no"
}
