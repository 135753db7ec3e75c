/**
 * Who may import whom: `design.md` section 3 as data. A new folder under `src/` needs a line here, and so does a file
 * that other folders are to see.
 */

/** Known to everyone who may know anything of ours. */
const vocabulary = ["domain", "protocol", "version"]

/** Loops and policies of the agent, shared by all its capabilities. */
const agentCore = ["schedules.ts", "agentVersion.ts", "Supervisor.ts"]

/** What other folders see of a capability: contracts, errors and pure rules, never the layers behind them. */
const contracts: Readonly<Record<string, ReadonlyArray<string>>> = {
  command: ["CommandInbox.ts", "ExecutorClient.ts"],
  config: ["AgentConfig.ts", "ConfigError.ts", "Environment.ts", "executorDirectory.ts", "jsonFault.ts"],
  executor: [],
  heartbeat: [],
  host: [
    "Host.ts",
    "LivePatches.ts",
    "Reboot.ts",
    "ServiceManager.ts",
    "Subprocess.ts",
    "SystemCalls.ts",
    "UnixSocket.ts",
    "durableFiles.ts",
    "independentPrograms.ts",
    "osRelease.ts",
    "processIdentity.ts",
  ],
  observability: [],
  "package-manager": ["PackageManager.ts", "PackageManagers.ts", "packageOutcomes.ts"],
  scan: ["Collector.ts", "ScanHost.ts", "deliverScan.ts"],
  "self-update": [],
  store: [
    "Database.ts",
    "Identity.ts",
    "Ledger.ts",
    "Outbox.ts",
    "Snapshots.ts",
    "StatusFile.ts",
    "Trust.ts",
    "inspectLedger.ts",
  ],
  transport: ["ControlPlane.ts", "FeedSource.ts", "ReleaseFiles.ts"],
  vulnerability: ["FeedStore.ts", "assess.ts", "release.ts"],
}

export const everything = "everything"

/** For each entry of `src/`: the folders, or `folder/File.ts`, it may import from besides itself. */
export const mayImport: Readonly<Record<string, ReadonlyArray<string> | typeof everything>> = {
  domain: [],
  version: [],
  protocol: ["domain"],
  "schedules.ts": [],
  "agentVersion.ts": [],
  "Supervisor.ts": ["domain", "schedules.ts"],
  ...Object.fromEntries(
    Object.keys(contracts).map((folder) => [
      folder,
      [
        ...vocabulary,
        ...agentCore,
        ...Object.entries(contracts).flatMap(([other, files]) => files.map((file) => `${other}/${file}`)),
      ],
    ]),
  ),
  // The agent is never in the control plane, nor the control plane in the agent.
  "control-plane": ["domain", "protocol", "version", "vulnerability", "store/Database.ts"],
  cli: everything,
  "main.ts": everything,
  "statusMain.ts": everything,
  "runProgram.ts": [],
  "bin.ts": everything,
}

/** Folders with one adapter per subfolder: adapters know the contract beside them, not each other. */
export const withAdapters: ReadonlyArray<string> = ["package-manager", "transport"]

/** A folder that some adapters of the same kind stand on: rpm's database is under dnf and zypper. */
export const foundations: Readonly<Record<string, ReadonlyArray<string>>> = {
  "package-manager/rpm": ["package-manager/dnf", "package-manager/zypper"],
}

/**
 * Detection asks every adapter whether it fits this host; like the layers, only main.ts knows it. A mounted root is
 * read by whichever adapter knows its database.
 */
export const adapterChoosers: ReadonlyArray<string> = [
  "package-manager/HostPackageManagers.ts",
  "package-manager/mountedRoot.ts",
]

/** Where each program gets its version from package.json. */
export const manifestReaders: ReadonlyArray<string> = ["agentVersion.ts", "control-plane/version.ts"]

/** Not part of the agent: nothing outside may import it. */
export const separateProgram = "control-plane"

const programs = ["bin.ts", "control-plane/bin.ts"]

/** Packages and modules that stay in few places, by prefix of the import and of the file's path below `src/`. */
export const confined: ReadonlyArray<{
  readonly module: string
  readonly to: ReadonlyArray<string>
}> = [
  {
    module: "effect/cli/",
    to: ["cli/", "main.ts", "control-plane/cli/", "control-plane/cli.ts", ...programs],
  },
  { module: "effect/process/", to: ["host/NodeSubprocess.ts"] },
  { module: "effect/http/", to: ["transport/https/", "protocol/", "control-plane/", "observability/"] },
  { module: "effect/http-api/", to: ["transport/https/", "protocol/", "control-plane/"] },
  { module: "effect/observability/", to: ["observability/", "control-plane/"] },
  { module: "effect/encoding/Xml", to: ["package-manager/zypper/"] },
  { module: "effect/persistence/", to: [] },
  { module: "effect/sql/", to: [] },
  { module: "effect/testing/", to: [] },
  {
    module: "@effect/platform-node/",
    to: [
      "main.ts",
      "statusMain.ts",
      "runProgram.ts",
      "cli/",
      "transport/https/",
      "control-plane/",
      ...programs,
    ],
  },
  { module: "@effect/opentelemetry", to: ["control-plane/"] },
  { module: "@opentelemetry/", to: ["control-plane/"] },
  { module: "node:child_process", to: ["host/runToFiles.ts"] },
  { module: "node:sqlite", to: ["store/"] },
]

/** Texts that have one right place; everywhere else there is a service for it. */
export const confinedTexts: ReadonlyArray<{
  readonly text: RegExp
  readonly name: string
  readonly to: ReadonlyArray<string>
}> = [
  { text: /\bEffect\.run(?:Promise|Sync|Fork|Callback)/, name: "running an effect", to: programs },
  {
    text: /\bprocess\.env\b|\benv\b.* from "node:process"/,
    name: "process.env",
    to: [...programs, "config/Environment.ts"],
  },
  { text: /\bconsole\./, name: "console", to: programs },
  {
    text: /\bDate\.now\b|\bset(?:Timeout|Interval)\(|\bMath\.random\b|(?<![.\w])fetch\(|\bJSON\.parse\b|\bnew Error\(/,
    name: "something Effect has a service for",
    to: programs,
  },
  { text: /\bas any\b(?! [a-z])|[:<] ?any\b/, name: "any", to: [] },
  { text: /^export default\b|\bas default\b/, name: "a default export", to: [] },
]
