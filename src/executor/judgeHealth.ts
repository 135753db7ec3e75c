import { clockToleranceSeconds } from "./verifyEnvelope.ts"
import type { HealthCheckItem, HealthReport } from "../domain/Health.ts"

type Facts = Omit<HealthReport, "checks">

const mebibytes = (bytes: number) => `${Math.round(bytes / 1_048_576)} MiB`

const ok = (name: HealthCheckItem["name"], detail: string): HealthCheckItem => ({
  name,
  verdict: "ok",
  detail,
})

/** Less than 200 MiB free stops most transactions, less than 5 % of a disk soon will. */
const disk = ({ disks }: Facts): HealthCheckItem => {
  const short = disks.filter(
    ({ availableBytes, totalBytes }) => availableBytes < 209_715_200 || availableBytes < totalBytes * 0.05,
  )
  if (disks.length === 0)
    return { name: "disk", verdict: "unknown", detail: "no local file system was found" }
  if (short.length === 0) return ok("disk", `${disks.length} local file systems have room`)
  return {
    name: "disk",
    verdict: short.some(({ availableBytes }) => availableBytes < 52_428_800) ? "fault" : "warning",
    detail: short.map((row) => `${row.mount}: ${mebibytes(row.availableBytes)} free`).join(", "),
    remedy: "free space there, for example old kernels in /boot and the package cache in /var/cache",
  }
}

const memory = ({ memoryAvailableBytes, memoryTotalBytes }: Facts): HealthCheckItem =>
  memoryAvailableBytes < 104_857_600
    ? {
        name: "memory",
        verdict: "warning",
        detail: `${mebibytes(memoryAvailableBytes)} of ${mebibytes(memoryTotalBytes)} available`,
        remedy: "a package manager needs about 100 MiB: stop something, or add memory or swap",
      }
    : ok("memory", `${mebibytes(memoryAvailableBytes)} of ${mebibytes(memoryTotalBytes)} available`)

/** Signed commands carry times: beyond the tolerance they are refused. */
const clock = ({ clockSkewSeconds }: Facts): HealthCheckItem => {
  if (clockSkewSeconds === undefined) {
    return { name: "clock", verdict: "unknown", detail: "not compared with the control plane yet" }
  }
  const detail = `${Math.abs(Math.round(clockSkewSeconds))} s ${clockSkewSeconds < 0 ? "ahead of" : "behind"} the control plane`
  return Math.abs(clockSkewSeconds) <= clockToleranceSeconds
    ? ok("clock", detail)
    : { name: "clock", verdict: "fault", detail, remedy: "set the clock: timedatectl set-ntp true" }
}

const packageDatabase = ({ faults, managers }: Facts, damage: ReadonlyArray<string>): HealthCheckItem => {
  if (managers.length === 0) {
    return {
      name: "package_database",
      verdict: "unknown",
      detail: "no supported package manager was found",
      remedy: "see docs/reference/package-managers.md for what is supported",
    }
  }
  const broken = [...damage, ...faults.map(({ name, state }) => `${name} is ${state.replaceAll("_", " ")}`)]
  return broken.length === 0
    ? ok("package_database", "sound, nothing is half-configured")
    : {
        name: "package_database",
        verdict: "fault",
        detail: broken.slice(0, 10).join("; "),
        remedy: "run install_updates with repair, or the manager's own repair (dpkg --configure -a)",
      }
}

const locks = ({ locks: held }: Facts): HealthCheckItem =>
  held.length === 0
    ? ok("locks", "nobody holds a package lock")
    : {
        name: "locks",
        verdict: "warning",
        detail: held
          .map(
            ({ lock, pid, program, heldSeconds }) =>
              `${lock}: ${program ?? "unknown program"} (pid ${pid ?? "unknown"}) for ${heldSeconds ?? "unknown"} s`,
          )
          .join("; "),
        remedy: "wait for that program; never remove a lock file by hand",
      }

const reboot = ({ reboot: state }: Facts): HealthCheckItem => {
  const detail = state.reasons.map((reason) => reason.detail).join("; ")
  switch (state.required) {
    case "no":
      return ok("reboot", detail === "" ? "not needed" : detail)
    case "yes":
      return { name: "reboot", verdict: "warning", detail, remedy: "restart the host in its next window" }
    case "unknown":
      return { name: "reboot", verdict: "unknown", detail }
  }
}

/** Programs that run on with a library that has been replaced under them keep its old faults. */
const services = ({ restartNeeded }: Facts): HealthCheckItem => {
  switch (restartNeeded?.required) {
    case "no":
      return ok("services", "no program runs code that was replaced")
    case "yes": {
      const { units, programsWithoutUnit } = restartNeeded
      const shown = units.slice(0, 10)
      const more = units.length - shown.length
      return {
        name: "services",
        verdict: "warning",
        detail: `running code that was replaced: ${[
          ...shown,
          ...(more > 0 ? [`${more} more units`] : []),
          ...(programsWithoutUnit > 0 ? [`${programsWithoutUnit} programs of no unit`] : []),
        ].join(", ")}`,
        remedy: "restart them (systemctl restart UNIT), or the host",
      }
    }
    default:
      return {
        name: "services",
        verdict: "unknown",
        detail: "programs of other users cannot be looked at without root",
      }
  }
}

const indexAge = ({ indexes }: Facts, scanSeconds: number): HealthCheckItem => {
  const limit = Math.max(scanSeconds * 4, 86_400)
  const stale = indexes.filter(({ ageSeconds }) => ageSeconds === undefined || ageSeconds > limit)
  return stale.length === 0
    ? ok("index_age", `${indexes.length} package indexes are recent`)
    : {
        name: "index_age",
        verdict: "warning",
        detail: stale
          .slice(0, 10)
          .map(({ repository, ageSeconds }) =>
            ageSeconds === undefined
              ? `${repository}: never downloaded`
              : `${repository}: ${Math.round(ageSeconds / 3600)} h old`,
          )
          .join("; "),
        remedy: "run check_updates, or set refresh in the configuration",
      }
}

const loops = ({ loops: states }: Facts): HealthCheckItem => {
  const failing = states.filter(({ consecutiveFailures }) => consecutiveFailures > 0)
  if (states.length === 0)
    return { name: "loops", verdict: "unknown", detail: "the agent has not reported yet" }
  return failing.length === 0
    ? ok("loops", states.map(({ name }) => name).join(", "))
    : {
        name: "loops",
        verdict: "warning",
        detail: failing
          .map((row) => `${row.name} failed ${row.consecutiveFailures} times: ${row.lastError ?? ""}`)
          .join("; "),
        remedy: "see journalctl -u patchctl and run patchctl selftest",
      }
}

/** One verdict per aspect, with a remedy for each that is not well. `damage`: what managers say of themselves. */
export const judgeHealth = (
  facts: Facts,
  damage: ReadonlyArray<string>,
  scanSeconds: number,
): ReadonlyArray<HealthCheckItem> => [
  disk(facts),
  memory(facts),
  clock(facts),
  packageDatabase(facts, damage),
  locks(facts),
  reboot(facts),
  services(facts),
  indexAge(facts, scanSeconds),
  loops(facts),
]
