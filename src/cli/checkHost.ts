import * as Effect from "effect/Effect"
import type { DiskUse } from "../domain/Host.ts"
import type { SelfCheck } from "../domain/SelfCheck.ts"
import { Host } from "../host/Host.ts"
import type { ManagerError } from "../package-manager/PackageManager.ts"
import { type DetectedManager, PackageManagers } from "../package-manager/PackageManagers.ts"

const mebibyte = 1024 * 1024

/** Below the first no transaction can be expected to succeed; below the second a larger one may not. */
const diskFailsBelow = 50 * mebibyte
const diskWarnsBelow = 200 * mebibyte

const diskCheck = ({ mount, availableBytes }: DiskUse): SelfCheck => {
  const detail = `${mount} has ${Math.floor(availableBytes / mebibyte)} MiB free`
  return availableBytes >= diskWarnsBelow
    ? { name: "disk", outcome: "ok", detail }
    : {
        name: "disk",
        outcome: availableBytes < diskFailsBelow ? "failed" : "warning",
        detail,
        remedy: "free space there: old kernels in /boot, the package cache in /var/cache",
      }
}

/** Room on every local disk. */
export const checkDisk = Effect.gen(function* () {
  const host = yield* Host
  return yield* host.metrics.pipe(
    Effect.map(({ disks }) => disks.map(diskCheck)),
    Effect.catchTag("HostUnreadable", (error) =>
      Effect.succeed<ReadonlyArray<SelfCheck>>([
        { name: "disk", outcome: "failed", detail: error.message, remedy: "mount /proc" },
      ]),
    ),
  )
})

const managerRemedy = ({ reason, manager }: ManagerError): string => {
  switch (reason) {
    case "needs_root":
      return "run this as root"
    case "locked":
      return "wait for the program that holds the lock; never remove a lock file by hand"
    case "timed_out":
      return "see whether its disk or another package manager keeps it waiting"
    default:
      return `see whether ${manager} works by itself on this host`
  }
}

const managerCheck = Effect.fnUntraced(function* ({
  state,
  manager,
}: DetectedManager): Effect.fn.Return<SelfCheck> {
  const name = "package_managers"
  const label = state.version === undefined ? state.id : `${state.id} ${state.version}`
  if (!state.patchable) {
    return {
      name,
      outcome: "warning",
      detail: `${label} can be listed but nothing can be installed: ${state.detail ?? "its front end is missing"}`,
      remedy: "install the package manager's front end, or ignore this if the host is not patched with it",
    }
  }
  return yield* manager.health.pipe(
    Effect.map(({ damage, faults }): SelfCheck => {
      if (damage !== undefined) {
        return {
          name,
          outcome: "failed",
          detail: `${label}: ${damage}`,
          remedy: "repair the package database",
        }
      }
      return faults.length === 0
        ? { name, outcome: "ok", detail: `${label} works` }
        : {
            name,
            outcome: "warning",
            detail: `${label}: ${faults.map((fault) => `${fault.name} is ${fault.state.replaceAll("_", " ")}`).join(", ")}`,
            remedy: "see what mends each: patchctl scan",
          }
    }),
    Effect.catchTag("ManagerError", (error) =>
      Effect.succeed<SelfCheck>({
        name,
        outcome: error.reason === "needs_root" ? "skipped" : "failed",
        detail: error.message,
        remedy: managerRemedy(error),
      }),
    ),
  )
})

/** Every package manager of this host, asked alone. */
export const checkPackageManagers = Effect.gen(function* () {
  const managers = yield* PackageManagers
  const detected = yield* managers.detect
  const none: SelfCheck = {
    name: "package_managers",
    outcome: "failed",
    detail: "no supported package manager was found",
    remedy: "run the agent on the host itself, not in a container without one",
  }
  return detected.length === 0 ? [none] : yield* Effect.forEach(detected, managerCheck)
})
