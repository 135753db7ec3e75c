import * as DateTime from "effect/DateTime"
import type { CommandResult } from "../../src/domain/Command.ts"
import { AgentId, CommandId, MachineId, ScanId } from "../../src/domain/Identifiers.ts"
import type { HostFacts } from "../../src/domain/Host.ts"
import { Architecture, type InstalledPackage, PackageName, PackageVersion } from "../../src/domain/Package.ts"
import { scanCounts } from "../../src/domain/Scan.ts"
import { canonicalInventory, type Snapshot, snapshotDigest } from "../../src/domain/snapshot.ts"
import type { Enrolment, Heartbeat, PublicKey, ScanSummary } from "../../src/protocol/AgentMessages.ts"

/** Wire messages of one imaginary server. */
export const noon = DateTime.makeUnsafe("2026-11-22T12:00:00Z")

const uuid = (number: number) => `00000000-0000-4000-8000-${String(number).padStart(12, "0")}`

export const agentIdOf = (number: number) => AgentId.make(`agt_${uuid(number)}`)
export const commandIdOf = (number: number) => CommandId.make(`cmd_${uuid(number)}`)
export const scanIdOf = (number: number) => ScanId.make(`scn_${uuid(number)}`)
export const machineIdOf = (number: number) => MachineId.make(String(number).padStart(32, "0"))

export const facts: HostFacts = {
  hostname: "web1",
  osId: "debian",
  osVersion: "12",
  osName: "Debian GNU/Linux 12 (bookworm)",
  osCodename: "bookworm",
  kernelRelease: "6.1.0-40-amd64",
  architecture: "x86_64",
  addresses: ["192.0.2.10"],
  cpuCount: 2,
  memoryTotalBytes: 4_110_417_920,
  container: "none",
}

export const enrolment = (publicKey: PublicKey, machineId = machineIdOf(1)): Enrolment => ({
  publicKey,
  machineId,
  agentVersion: "0.1.0",
  features: [],
  facts,
})

export const heartbeat = (exchangeToken: string, more: Partial<Heartbeat> = {}): Heartbeat => ({
  sentAt: noon,
  agentVersion: "0.1.0",
  exchangeToken,
  metrics: {
    cpuUsedPercent: 3.4,
    load1: 0.08,
    memoryTotalBytes: 4_110_417_920,
    memoryAvailableBytes: 3_012_345_856,
    swapUsedBytes: 0,
    disks: [{ mount: "/", totalBytes: 42_100_000_768, availableBytes: 31_234_560_000 }],
    uptimeSeconds: 1_234_567,
  },
  agentRssBytes: 58_720_256,
  agentCpuSeconds: 12.34,
  reboot: "no",
  pendingResults: 0,
  droppedResults: 0,
  results: [],
  ...more,
})

/** A snapshot with these packages, each as `name=version`, and no updates. */
export const snapshotOf = (...packages: ReadonlyArray<string>): Snapshot => ({
  packages: canonicalInventory(
    packages.map((text): InstalledPackage => {
      const [name = "", version = ""] = text.split("=")
      return {
        manager: "apt",
        name: PackageName.make(name),
        architecture: Architecture.make("amd64"),
        version: PackageVersion.make(version),
      }
    }),
  ),
  updates: [],
})

export const summary = (snapshot: Snapshot, number = 1): ScanSummary => ({
  scanId: scanIdOf(number),
  startedAt: noon,
  durationMilliseconds: 1234,
  managers: [{ id: "apt", patchable: true }],
  faults: [],
  indexes: [],
  completeness: { verdict: "complete" },
  reboot: { required: "no", reasons: [] },
  counts: scanCounts({ ...snapshot, faults: [] }),
  digest: snapshotDigest(snapshot),
})

export const result = (commandId: CommandId, more: Partial<CommandResult> = {}): CommandResult => ({
  commandId,
  command: "health_check",
  status: "failed",
  problem: { code: "sample", detail: "a sample" },
  startedAt: noon,
  finishedAt: noon,
  ...more,
})
