import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import type * as FileSystem from "effect/FileSystem"
import type { InstallUpdates } from "../domain/Command.ts"
import type { LockHolder } from "../domain/Host.ts"
import type { InstallPlan, PreflightFault } from "../domain/InstallPlan.ts"
import type { Subprocess, SubprocessError } from "../host/Subprocess.ts"
import { managerReadTimeout } from "../schedules.ts"

/** What every backend reads this machine with. */
export interface ReadDependencies {
  readonly subprocess: Subprocess["Service"]
  readonly fs: FileSystem.FileSystem
}

/** What a manager knows that may stand against carrying out its plan. */
export interface Preconditions {
  readonly isRoot: boolean
  /** Faults in the manager's own words: what is half-configured, interrupted, broken. */
  readonly faults: ReadonlyArray<PreflightFault>
  /** Those who hold the locks an installation takes. */
  readonly lockHolders: ReadonlyArray<LockHolder>
  /** Where downloaded packages go. */
  readonly cacheFolder: string
  /** How many kernels of the plan come beside the present ones in /boot. */
  readonly newKernels: number
}

const mebibytes = (bytes: number) => `${Math.ceil(bytes / 1024 / 1024)} MiB`

/** dpkg and rpm write each new file beside the old one, and their database anew. */
const slackBytes = 64 * 1024 * 1024

/** A kernel's files in /boot when there is none yet to compare with. */
const usualKernelBytes = 128 * 1024 * 1024

/** What one more kernel needs in /boot: as much as the largest one there, its initrd being built beside the old. */
const kernelBytes = Effect.fnUntraced(function* (fs: FileSystem.FileSystem) {
  const names = yield* Effect.orElseSucceed(fs.readDirectory("/boot"), () => [])
  const largest = Effect.fnUntraced(function* (prefixes: RegExp) {
    const sizes = yield* Effect.forEach(
      names.filter((name) => prefixes.test(name)),
      (name) =>
        Effect.orElseSucceed(
          Effect.map(fs.stat(`/boot/${name}`), ({ size }) => Number(size)),
          () => 0,
        ),
    )
    return Math.max(0, ...sizes)
  })
  const bytes = (yield* largest(/^init(?:rd|ramfs)/)) + (yield* largest(/^vmlinuz/))
  return bytes === 0 ? usualKernelBytes : bytes
})

interface Need {
  readonly path: string
  readonly bytes: number
  readonly what: string
}

/** Reads `df -kP` (POSIX, so that BusyBox knows it too): one line after the headline for each path, in their order. */
const parseFreeSpace = (stdout: string) =>
  [...stdout.matchAll(/^.* (\d+) +\d+ +(-?\d+) +(?:\d+%|-) (\/.*)$/gm)].map(
    ([, , available, mount = ""]) => ({
      available: Number(available) * 1024,
      mount,
    }),
  )

/** What is needed on each file system against what an ordinary user, and so every service, has left there. */
const diskSpace = Effect.fnUntraced(function* (
  { subprocess, fs }: ReadDependencies,
  plan: InstallPlan,
  { cacheFolder, newKernels }: Preconditions,
) {
  if (plan.installs.length === 0) return []
  const growth = Math.max(0, plan.installedSizeChangeBytes ?? 0) + slackBytes
  const needs: ReadonlyArray<Need> = [
    { path: cacheFolder, bytes: plan.downloadBytes, what: "downloading" },
    { path: "/", bytes: growth, what: "installing" },
    ...(newKernels === 0
      ? []
      : [{ path: "/boot", bytes: newKernels * (yield* kernelBytes(fs)), what: "a new kernel" }]),
  ]
  const present = yield* Effect.filter(needs, ({ path }) =>
    Effect.orElseSucceed(fs.exists(path), () => false),
  )
  const answer = yield* subprocess.run({
    program: "df",
    args: ["-kP", "--", ...present.map(({ path }) => path)],
    timeout: managerReadTimeout,
  })
  const rows = parseFreeSpace(answer.stdout)
  // Without a line for each path nobody can tell which is whose.
  const placed = rows.length === present.length ? present : []
  const located = placed.flatMap((need, index) => {
    const row = rows[index]
    return row === undefined ? [] : [{ ...need, ...row }]
  })
  return [...Map.groupBy(located, ({ mount }) => mount)].flatMap(
    ([mount, here]): ReadonlyArray<PreflightFault> => {
      const bytes = here.reduce((sum, need) => sum + need.bytes, 0)
      const available = here[0]?.available ?? bytes
      if (available >= bytes) return []
      const what = here.map((need) => need.what).join(" and ")
      const detail = `${what} needs ${mebibytes(bytes)} on ${mount}, which has ${mebibytes(available)} free`
      return [{ code: "disk_space", detail, remedy: `Free ${mebibytes(bytes - available)} on ${mount}` }]
    },
  )
})

/** The fault of a lock that another program holds. */
export const lockedBy = (holder: LockHolder): PreflightFault => ({
  code: "locked",
  detail: `${holder.program ?? "a program"}${holder.pid === undefined ? "" : ` (process ${holder.pid})`} holds ${holder.lock}`,
  remedy: "Wait until it has finished; never delete the lock file",
  holder,
})

/** Everything that stands against carrying out this plan now. What `repair` would mend does not. */
export const preflight = Effect.fnUntraced(function* (
  dependencies: ReadDependencies,
  request: InstallUpdates,
  plan: InstallPlan,
  preconditions: Preconditions,
): Effect.fn.Return<ReadonlyArray<PreflightFault>, SubprocessError> {
  const now = yield* DateTime.now
  const faults: Array<PreflightFault> = [
    ...preconditions.faults,
    ...(yield* diskSpace(dependencies, plan, preconditions)),
    ...preconditions.lockHolders.slice(0, 1).map(lockedBy),
  ]
  if (!preconditions.isRoot) {
    faults.push({ code: "not_root", detail: "installing needs root", remedy: "Run the executor as root" })
  }
  if (request.deadline !== undefined && DateTime.isLessThanOrEqualTo(request.deadline, now)) {
    const detail = `the deadline ${DateTime.formatIso(request.deadline)} has passed`
    faults.push({ code: "deadline_passed", detail, remedy: "Send the command again with a later deadline" })
  }
  if (request.plan_digest !== undefined && request.plan_digest !== plan.digest) {
    const detail = `the plan is ${plan.digest} now, not ${request.plan_digest}`
    faults.push({ code: "plan_changed", detail, remedy: "Ask for a new plan with dry_run and confirm that" })
  }
  return faults
})
