import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import type { InstallUpdates } from "../../domain/Command.ts"
import type { InstallPlan, PreflightFault } from "../../domain/InstallPlan.ts"
import type { PackageFault } from "../../domain/Package.ts"
import { aptPaths, dependencyCheck, freeSpace } from "./aptCommands.ts"
import { notRun } from "./aptFailure.ts"
import { lockHolders } from "./aptLocks.ts"
import { complaintOf } from "./aptMessages.ts"
import { isInterrupted } from "./collectHealth.ts"
import type { AptReadDependencies } from "./collectIndexes.ts"

export interface PreflightDependencies extends AptReadDependencies {
  readonly isRoot: boolean
}

/** The locks an installation takes. The lists lock is not one of them: `apt-get update` may run beside it. */
const installLocks = aptPaths.locks.filter((path) => !path.includes("/lists/"))

/** States that `dpkg --configure` ends. A pending trigger is no fault: dpkg runs it with the next package. */
const unfinished: ReadonlySet<PackageFault["state"]> = new Set([
  "half_configured",
  "unpacked",
  "half_installed",
])

const named = (faults: ReadonlyArray<PackageFault>) =>
  faults.map(({ name, state }) => `${name} (${state})`).join(", ")

/** Packages that an earlier transaction left broken. */
export const brokenPackages = (
  faults: ReadonlyArray<PackageFault>,
  repair: boolean,
): ReadonlyArray<PreflightFault> => {
  const halfway = repair ? [] : faults.filter(({ state }) => unfinished.has(state))
  const lost = faults.filter(({ state }) => state === "reinstall_required")
  return [
    ...(halfway.length === 0
      ? []
      : [
          {
            code: "half_configured",
            detail: `not completely installed: ${named(halfway)}`,
            remedy: "Repeat with repair, or run dpkg --configure -a and mend what it reports",
          } as const,
        ]),
    ...(lost.length === 0
      ? []
      : [
          {
            code: "half_configured",
            detail: `must be installed again: ${named(lost)}`,
            remedy: `Run apt-get install --reinstall ${lost.map(({ name }) => name).join(" ")}`,
          } as const,
        ]),
  ]
}

const interrupted: PreflightFault = {
  code: "interrupted_transaction",
  detail: `dpkg was interrupted: its journal in ${aptPaths.journal} is not empty`,
  remedy: "Repeat with repair, or run dpkg --configure -a",
}

/** What apt says of dependencies that are broken now; undefined when they are sound. */
export const brokenDependencies = Effect.fnUntraced(function* ({ subprocess }: AptReadDependencies) {
  const result = yield* subprocess.run(dependencyCheck).pipe(notRun("plan"))
  return result.exitCode === 0 ? undefined : complaintOf(result)
})

const mebibytes = (bytes: number) => `${Math.ceil(bytes / 1024 / 1024)} MiB`

/** dpkg writes each new file beside the old one, and its database anew. */
const slackBytes = 64 * 1024 * 1024

/** A kernel's files in /boot when there is none yet to compare with. */
const usualKernelBytes = 128 * 1024 * 1024

/** What one more kernel needs in /boot: as much as the largest one there, its initrd being built beside the old. */
const kernelBytes = Effect.fnUntraced(function* ({ fs }: AptReadDependencies) {
  const names = yield* Effect.orElseSucceed(fs.readDirectory("/boot"), () => [])
  const largest = Effect.fnUntraced(function* (prefix: string) {
    const sizes = yield* Effect.forEach(
      names.filter((name) => name.startsWith(prefix)),
      (name) =>
        Effect.orElseSucceed(
          Effect.map(fs.stat(`/boot/${name}`), ({ size }) => Number(size)),
          () => 0,
        ),
    )
    return Math.max(0, ...sizes)
  })
  const bytes = (yield* largest("initrd.img-")) + (yield* largest("vmlinuz-"))
  return bytes === 0 ? usualKernelBytes : bytes
})

interface Need {
  readonly path: string
  readonly bytes: number
  readonly what: string
}

/** Reads `df --output=avail,target,file`: free bytes and mount point of each path that exists. */
const parseFreeSpace = (stdout: string) =>
  [...stdout.matchAll(/^ *(\d+) (\/.*?) +(\/\S*)$/gm)].map(([, available, mount = "", path = ""]) => ({
    available: Number(available),
    mount,
    path,
  }))

/** What is needed on each file system against what an ordinary user, and so every service, has left there. */
const diskSpace = Effect.fnUntraced(function* (dependencies: PreflightDependencies, plan: InstallPlan) {
  if (plan.installs.length === 0) return []
  const growth = Math.max(0, plan.installedSizeChangeBytes ?? 0) + slackBytes
  const kernels = plan.installs.filter(({ name }) => name.startsWith("linux-image-")).length
  const needs: ReadonlyArray<Need> = [
    { path: "/var/cache/apt/archives", bytes: plan.downloadBytes, what: "downloading" },
    { path: "/", bytes: growth, what: "installing" },
    ...(kernels === 0
      ? []
      : [{ path: "/boot", bytes: kernels * (yield* kernelBytes(dependencies)), what: "a new kernel" }]),
  ]
  const answer = yield* dependencies.subprocess
    .run(freeSpace(needs.map(({ path }) => path)))
    .pipe(notRun("plan"))
  return [...Map.groupBy(parseFreeSpace(answer.stdout), ({ mount }) => mount)].flatMap(
    ([mount, [first, ...rest]]): ReadonlyArray<PreflightFault> => {
      const here = needs.filter(({ path }) => [first, ...rest].some((row) => row?.path === path))
      const bytes = here.reduce((sum, need) => sum + need.bytes, 0)
      const available = first?.available ?? bytes
      if (available >= bytes) return []
      const what = here.map((need) => need.what).join(" and ")
      const detail = `${what} needs ${mebibytes(bytes)} on ${mount}, which has ${mebibytes(available)} free`
      return [{ code: "disk_space", detail, remedy: `Free ${mebibytes(bytes - available)} on ${mount}` }]
    },
  )
})

const lock = Effect.fnUntraced(function* ({ fs }: AptReadDependencies) {
  const holders = yield* lockHolders(fs, installLocks)
  return holders.slice(0, 1).map((holder): PreflightFault => ({
    code: "locked",
    detail: `${holder.program ?? "a program"}${holder.pid === undefined ? "" : ` (process ${holder.pid})`} holds ${holder.lock}`,
    remedy: "Wait until it has finished; never delete the lock file",
    holder,
  }))
})

/** What was known before the plan was made. */
export interface Soundness {
  readonly faults: ReadonlyArray<PackageFault>
  readonly brokenDependencies: string | undefined
}

/** Everything that stands against carrying out this plan now. What `repair` would mend does not. */
export const preflight = Effect.fnUntraced(function* (
  dependencies: PreflightDependencies,
  request: InstallUpdates,
  plan: InstallPlan,
  soundness: Soundness,
) {
  const repair = request.repair ?? false
  const now = yield* DateTime.now
  const faults: Array<PreflightFault> = [...brokenPackages(soundness.faults, repair)]
  if (!repair && (yield* isInterrupted(dependencies))) faults.push(interrupted)
  if (!repair && soundness.brokenDependencies !== undefined) {
    faults.push({
      code: "broken_dependencies",
      detail: soundness.brokenDependencies,
      remedy: "Repeat with repair, or run apt-get -f install and look at what it wants to remove",
    })
  }
  faults.push(...(yield* diskSpace(dependencies, plan)), ...(yield* lock(dependencies)))
  if (!dependencies.isRoot) {
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
