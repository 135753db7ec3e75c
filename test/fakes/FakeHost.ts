import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type { HostFacts, HostMetrics } from "../../src/domain/Host.ts"
import { MachineId } from "../../src/domain/Identifiers.ts"
import { Host } from "../../src/host/Host.ts"

export const machineId = MachineId.make("0123456789abcdef0123456789abcdef")

export const facts: HostFacts = {
  hostname: "web-1",
  osId: "debian",
  osVersion: "12",
  osName: "Debian GNU/Linux 12 (bookworm)",
  osCodename: "bookworm",
  kernelRelease: "6.1.0-28-amd64",
  architecture: "x86_64",
  addresses: ["192.0.2.10"],
  cpuCount: 2,
  memoryTotalBytes: 2_000_000_000,
  container: "none",
}

export const metrics: HostMetrics = {
  cpuUsedPercent: 12.5,
  load1: 0.3,
  memoryTotalBytes: 2_000_000_000,
  memoryAvailableBytes: 1_500_000_000,
  swapUsedBytes: 0,
  disks: [{ mount: "/", totalBytes: 20_000_000_000, availableBytes: 12_000_000_000 }],
  uptimeSeconds: 86_400,
}

/** A host in good health that needs no restart. */
export const layer = Layer.succeed(
  Host,
  Host.of({
    facts: Effect.succeed(facts),
    metrics: Effect.succeed(metrics),
    machineId: Effect.succeed(machineId),
    reboot: () => Effect.succeed({ required: "no", reasons: [] }),
    restartNeeded: Effect.succeed({ required: "no", units: [], programsWithoutUnit: 0 }),
    bootId: Effect.succeed("00000000-0000-4000-8000-000000000000"),
    processUsage: Effect.succeed({ rssBytes: 60_000_000, cpuSeconds: 1.5 }),
  }),
)
