/** The parts of proc(5) the agent reads. Every function takes any text and never throws. */

/** Clock ticks since boot, summed over all CPUs. */
export interface CpuTicks {
  readonly total: number
  readonly idle: number
}

/** The state of the counters when the kernel started. */
export const sinceBoot: CpuTicks = { total: 0, idle: 0 }

/**
 * The first line of /proc/stat: `cpu user nice system idle iowait irq softirq steal guest guest_nice`. Guest time
 * is already part of user and nice. Waiting for a disk counts as idle.
 */
export const cpuTicks = (stat: string): CpuTicks | undefined => {
  const fields = /^cpu +(\d{1,18}(?: \d{1,18})+)/m.exec(stat)?.[1]?.split(" ").slice(0, 8).map(Number)
  if (fields === undefined || fields.length < 4) return undefined
  return { total: fields.reduce((sum, ticks) => sum + ticks, 0), idle: (fields[3] ?? 0) + (fields[4] ?? 0) }
}

/**
 * The share of CPU time that was not idle between two readings, 0 to 100 with one decimal. Clamped, because
 * iowait may run backwards (proc(5)); 0 when no tick passed.
 */
export const cpuUsedPercent = (before: CpuTicks, now: CpuTicks): number => {
  const total = now.total - before.total
  if (total <= 0) return 0
  const used = (total - (now.idle - before.idle)) / total
  return Math.round(Math.min(1, Math.max(0, used)) * 1000) / 10
}

/** CPUs that are online: the `cpuN` lines of /proc/stat, which all architectures write alike. */
export const cpuCount = (stat: string): number | undefined => stat.match(/^cpu\d+ /gm)?.length

/** The processor's name in /proc/cpuinfo; many ARM kernels give none. */
export const cpuModel = (cpuinfo: string): string | undefined =>
  /^(?:model name|Model|cpu model|cpu)[ \t]*:[ \t]*(\S.*)$/m.exec(cpuinfo)?.[1]?.trimEnd()

/** Bytes of memory and swap. */
export interface Memory {
  readonly total: number
  readonly available: number
  readonly swapUsed: number
}

/** /proc/meminfo counts in units of 1024 bytes. Kernels before 3.14 give no MemAvailable. */
export const memory = (meminfo: string): Memory | undefined => {
  const bytes = new Map(
    [...meminfo.matchAll(/^([A-Za-z]+):[ \t]+(\d{1,12}) kB$/gm)].map(
      ([, name = "", amount]) => [name, Number(amount) * 1024] as const,
    ),
  )
  const of = (name: string) => bytes.get(name) ?? 0
  const total = bytes.get("MemTotal")
  if (total === undefined) return undefined
  return {
    total,
    available: bytes.get("MemAvailable") ?? of("MemFree") + of("Buffers") + of("Cached"),
    swapUsed: Math.max(0, of("SwapTotal") - of("SwapFree")),
  }
}

/** The number a file starts with: the load over one minute in /proc/loadavg, seconds since boot in /proc/uptime. */
export const leadingNumber = (text: string): number | undefined => {
  const digits = /^\d{1,15}(?:\.\d{1,9})?/.exec(text)?.[0]
  return digits === undefined ? undefined : Number(digits)
}
