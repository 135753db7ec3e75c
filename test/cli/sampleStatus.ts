import * as DateTime from "effect/DateTime"
import type { AgentStatus } from "../../src/domain/AgentStatus.ts"
import { AgentId, CommandId } from "../../src/domain/Identifiers.ts"

export const at = (text: string) => DateTime.makeUnsafe(text)

export const now = at("2026-11-22T12:00:00Z")

/** A daemon that beat two minutes ago and found four updates at its last scan. */
export const healthy: AgentStatus = {
  writtenAt: at("2026-11-22T11:58:00Z"),
  agentVersion: "1.2.3",
  agentId: AgentId.make("agt_0b5e2c5e-6c2f-4d8e-9f7a-2f0c9a7b1d11"),
  apiUrl: "https://api.example.org",
  pid: 812,
  processIdentity: "7d8f:812:4711",
  startedAt: at("2026-11-22T09:55:00Z"),
  heartbeatSeconds: 300,
  nextBeatAt: at("2026-11-22T12:03:00Z"),
  clockSkewSeconds: 0.4,
  lastScan: {
    finishedAt: at("2026-11-22T10:00:00Z"),
    counts: { packages: 312, updates: 4, securityUpdates: 2, heldBack: 1, faults: 0 },
    completeness: { verdict: "complete" },
  },
  pendingResults: 0,
  reboot: { required: "no", reasons: [] },
  loops: [
    { name: "heartbeat", lastSuccessAt: at("2026-11-22T11:58:00Z"), consecutiveFailures: 0 },
    { name: "scan", lastSuccessAt: at("2026-11-22T10:00:00Z"), consecutiveFailures: 0 },
  ],
}

/** The same with a refused licence key, a wrong clock, a partial scan, a running command and a due reboot. */
export const troubled: AgentStatus = {
  ...healthy,
  clockSkewSeconds: -900,
  lastScan: {
    finishedAt: at("2026-11-22T10:00:00Z"),
    counts: { packages: 312, updates: 0, securityUpdates: 0, heldBack: 0, faults: 1 },
    completeness: {
      verdict: "partial",
      reasons: [{ code: "index_stale", manager: "apt", detail: "run apt-get update" }],
    },
  },
  running: {
    commandId: CommandId.make("cmd_0b5e2c5e-6c2f-4d8e-9f7a-2f0c9a7b1d12"),
    command: "install_updates",
    startedAt: at("2026-11-22T11:50:30Z"),
  },
  pendingResults: 2,
  reboot: {
    required: "yes",
    reasons: [{ code: "newer_kernel_installed", detail: "6.1.0-28 is installed, 6.1.0-27 runs" }],
  },
  loops: [
    {
      name: "heartbeat",
      lastSuccessAt: at("2026-11-22T09:58:00Z"),
      lastFailureAt: at("2026-11-22T11:58:00Z"),
      consecutiveFailures: 8,
      lastError: "Invalid license key",
    },
    { name: "scan", consecutiveFailures: 3, lastError: "no space left" },
  ],
}
