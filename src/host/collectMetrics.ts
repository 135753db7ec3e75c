import * as Effect from "effect/Effect"
import * as Ref from "effect/Ref"
import type { DiskUse, HostMetrics } from "../domain/Host.ts"
import { readIfPossible, readParsed } from "./hostFiles.ts"
import { diskMounts, mounts } from "./mounts.ts"
import { cpuTicks, cpuUsedPercent, leadingNumber, memory, type CpuTicks } from "./procText.ts"
import { SystemCalls } from "./SystemCalls.ts"

/** A disk that cannot be asked is left out: not knowing is not the same as full. */
const disks = Effect.gen(function* () {
  const system = yield* SystemCalls
  const mountPoints = diskMounts(mounts((yield* readIfPossible("/proc/self/mountinfo")) ?? ""))
  const asked = yield* Effect.forEach(mountPoints, (mount) =>
    Effect.map(system.space(mount), (space): ReadonlyArray<DiskUse> =>
      space === undefined ? [] : [{ mount, totalBytes: space.total, availableBytes: space.available }],
    ),
  )
  return asked.flat()
})

/** One sample; `lastCpu` holds the counters of the sample before. */
export const collectMetrics = (lastCpu: Ref.Ref<CpuTicks>) =>
  Effect.gen(function* () {
    const cpu = yield* readParsed("/proc/stat", cpuTicks)
    const before = yield* Ref.getAndSet(lastCpu, cpu)
    const { total, available, swapUsed } = yield* readParsed("/proc/meminfo", memory)
    const metrics: HostMetrics = {
      cpuUsedPercent: cpuUsedPercent(before, cpu),
      load1: yield* readParsed("/proc/loadavg", leadingNumber),
      memoryTotalBytes: total,
      memoryAvailableBytes: available,
      swapUsedBytes: swapUsed,
      disks: yield* disks,
      uptimeSeconds: Math.floor(yield* readParsed("/proc/uptime", leadingNumber)),
    }
    return metrics
  })
