import * as Schema from "effect/Schema"
import { Scan } from "../../src/domain/Scan.ts"

const decode = Schema.decodeUnknownSync(Scan)

const update = (name: string, from: string, to: string, more: object) => ({
  manager: "apt",
  name,
  architecture: "amd64",
  from,
  to,
  origins: [],
  security: { verdict: "no", evidence: [] },
  installable: { answer: "yes" },
  ...more,
})

const base = {
  id: "scn_0b5e2c5e-6c2f-4d8e-9f7a-2f0c9a7b1d11",
  startedAt: "2026-11-22T12:00:00.000Z",
  durationMilliseconds: 2300,
  managers: [{ id: "apt", version: "2.6.1", patchable: true }],
  packages: [
    { manager: "apt", name: "bash", architecture: "amd64", version: "5.2.15-2" },
    { manager: "apt", name: "openssl", architecture: "amd64", version: "3.0.14-1" },
  ],
  faults: [],
  updates: [],
  indexes: [],
  completeness: { verdict: "complete" },
  reboot: { required: "no", reasons: [] },
  digest: "0".repeat(64),
}

export const upToDate = decode(base)

export const withUpdates = decode({
  ...base,
  updates: [
    update("bash", "5.2.15-2", "5.2.15-3", {
      installable: { answer: "no", reason: "held", detail: "held since \u{1b}[31mMay" },
    }),
    update("openssl", "3.0.14-1", "3.0.15-1", {
      security: { verdict: "yes", evidence: [{ kind: "label", value: "Debian-Security" }] },
    }),
    update("vim", "9.0-1", "9.0-2", {
      security: { verdict: "unknown", evidence: [] },
      installable: { answer: "no", reason: "needs_new_dependency" },
    }),
  ],
  reboot: { required: "yes", reasons: [{ code: "reboot_required_file", detail: "libc6 was upgraded" }] },
})

export const partial = decode({
  ...base,
  managers: [
    { id: "apt", version: "2.6.1", patchable: true },
    { id: "dnf", patchable: false },
  ],
  faults: [
    { manager: "apt", name: "postfix", version: "3.7.11-0", state: "half_configured" },
    { manager: "apt", name: "less", state: "reinstall_required" },
  ],
  completeness: {
    verdict: "partial",
    reasons: [
      { manager: "apt", code: "index_stale", detail: "the newest index is 9 days old; run apt-get update" },
      { manager: "dnf", code: "lines_not_understood", detail: "dnf said something new", count: 3 },
      { code: "no_manager", detail: "nothing\nfound" },
    ],
  },
  reboot: { required: "unknown", reasons: [{ code: "check_failed", detail: "/boot cannot be read" }] },
})
