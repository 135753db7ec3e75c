import { assert, describe, it } from "@effect/vitest"
import { globSync, readFileSync } from "node:fs"
import { RequestSignatureRefused } from "../../src/protocol/requestSignature.ts"
import * as Problems from "../../src/protocol/Problems.ts"
import { OperatorFailure } from "../../src/control-plane/cli/OperatorFailure.ts"
import { FeedBuildFailed } from "../../src/control-plane/feed/FeedBuildFailed.ts"
import { PersistenceError } from "../../src/control-plane/persistence/PersistenceError.ts"
import { ReleaseFailed } from "../../src/control-plane/release/ReleaseFailed.ts"
import { RefusalCode } from "../../src/domain/Command.ts"
import { HealthCheckItem } from "../../src/domain/Health.ts"
import { RebootState } from "../../src/domain/Host.ts"
import { LeftOut, PackageOutcome, PreflightFault } from "../../src/domain/InstallPlan.ts"
import { PackageFault } from "../../src/domain/Package.ts"
import { PartialReason } from "../../src/domain/Scan.ts"
import { SelfCheckName } from "../../src/domain/SelfCheck.ts"
import { UpdateOutcome } from "../../src/domain/UpdateAttempt.ts"
import { DirectoryUnsafe } from "../../src/executor/ownDirectory.ts"
import { StillRunning } from "../../src/executor/resolveUnfinished.ts"
import { SubprocessError } from "../../src/host/Subprocess.ts"
import { UnixSocketError } from "../../src/host/UnixSocket.ts"
import { MountedRootError } from "../../src/package-manager/MountedRootError.ts"
import { ManagerError } from "../../src/package-manager/PackageManager.ts"
import { UpdateFilesError } from "../../src/self-update/UpdateFilesError.ts"
import { StoreError } from "../../src/store/Database.ts"
import { StatusFileError } from "../../src/store/StatusFile.ts"
import { PinRefused, TrustError } from "../../src/store/Trust.ts"
import { AgentRefused, RequestFailed, TlsProblem } from "../../src/transport/ControlPlane.ts"
import { FeedKeysRefused } from "../../src/vulnerability/feedKeys.ts"
import { FeedNotKept, FeedProblem } from "../../src/vulnerability/FeedStore.ts"
import { codesIn, messagesIn, tablesOf } from "./markedTables.ts"

const path = "docs/troubleshooting.md"
const page = readFileSync(path, "utf8")
const tables = tablesOf(page)

const sourcesBelow = (folder: string) =>
  globSync(`${folder}/**/*.ts`)
    .sort()
    .map((file) => ({ file, text: readFileSync(file, "utf8") }))
const sources = sourcesBelow("src")
const source = sources.map(({ text }) => text).join("\n")
const ofAgent = sources.filter(({ file }) => !file.startsWith("src/control-plane/"))
const ofControlPlane = sources.filter(({ file }) => file.startsWith("src/control-plane/"))
const scripts = globSync("packaging/install/*.sh").map((file) => readFileSync(file, "utf8"))

const found = (text: string, pattern: RegExp) => [
  ...new Set(
    [...text.matchAll(pattern)].map((match) => match.slice(1).find((group) => group !== undefined) ?? ""),
  ),
]
const sorted = (words: Iterable<string>) => [...new Set(words)].toSorted()

const everyPreflight = PreflightFault.fields.code.literals
/** Codes of results that no schema lists: whatever is written as one where results are made, and is in no other table. */
const resultProblems = () => {
  const written = ofAgent
    .filter(
      ({ file }) =>
        file.startsWith("src/executor/") ||
        ["src/heartbeat/deliverResult.ts", "src/store/storedResult.ts"].includes(file),
    )
    .map(({ text }) => text)
    .join("\n")
  const elsewhere: ReadonlyArray<string> = [...everyPreflight, ...RefusalCode.literals]
  return found(written, /\bcode(?:: | = )"(\w+)"|without\(\s*outcome,\s*"(\w+)"/g).filter(
    (code) => !elsewhere.includes(code),
  )
}

/** The codes of each marked table, as the source has them. */
const codes: Readonly<Record<string, ReadonlyArray<string>>> = {
  SelfCheckName: SelfCheckName.literals,
  RequestFailed: RequestFailed.fields.code.literals,
  TlsProblem: TlsProblem.literals,
  AgentRefused: AgentRefused.fields.code.literals,
  UnixSocketError: UnixSocketError.fields.reason.literals,
  TrustError: TrustError.fields.reason.literals,
  PinRefused: PinRefused.fields.reason.literals,
  RefusalCode: RefusalCode.literals,
  StillRunning: StillRunning.fields.what.literals,
  DirectoryUnsafe: DirectoryUnsafe.fields.reason.literals,
  "CommandResult.problem": resultProblems(),
  ManagerError: ManagerError.fields.reason.literals,
  SubprocessError: SubprocessError.fields.reason.literals,
  PackageFault: PackageFault.fields.state.literals,
  PreflightFault: everyPreflight,
  PackageOutcome: PackageOutcome.fields.outcome.literals,
  LeftOut: LeftOut.fields.reason.members.flatMap(({ literals }): ReadonlyArray<string> => literals),
  RebootState: RebootState.fields.reasons.value.fields.code.literals,
  HealthCheckItem: HealthCheckItem.fields.name.literals,
  PartialReason: PartialReason.fields.code.literals,
  FeedProblem: FeedProblem.literals,
  FeedNotKept: FeedNotKept.fields.reason.literals,
  FeedKeysRefused: FeedKeysRefused.fields.reason.literals,
  MountedRootError: MountedRootError.fields.reason.literals,
  UpdateFilesError: UpdateFilesError.fields.reason.literals,
  StoreError: StoreError.fields.reason.literals,
  StatusFileError: StatusFileError.fields.reason.literals,
  OperatorFailure: OperatorFailure.fields.reason.literals,
  "FeedBuildFailed, ReleaseFailed": [
    ...FeedBuildFailed.fields.reason.literals,
    ...ReleaseFailed.fields.reason.literals,
  ],
  PersistenceError: PersistenceError.fields.reason.literals,
  Problems: Object.values(Problems).map(({ fields }) => fields.code.schema.literal),
  RequestSignatureRefused: RequestSignatureRefused.fields.reason.literals,
}

const eventsOf = (files: ReadonlyArray<{ readonly text: string }>) =>
  found(files.map(({ text }) => text).join("\n"), /Effect\.log(?:Warning|Error|Fatal)\(\s*"([a-z_.]+)"/g)

/** What a template or a shell string says, with `…` for each value. */
const withoutValues = (text: string) =>
  text
    .replaceAll(/\$\([^)]*\)|\$\{[^}]*\}|\$\w+/g, "…")
    .replaceAll(/…(?:\/[\w…]+)+/g, "…")
    .trim()

const text = /"([^"]+)"|`([^`]+)`/.source
const shellText = /'([^']*)'|"((?:[^"$]|\$\([^)]*\)|\$)*)"/.source

const messages: Readonly<Record<string, ReadonlyArray<string>>> = {
  "src/config": found(
    sourcesBelow("src/config")
      .map(({ text: code }) => code)
      .join("\n"),
    new RegExp(String.raw`\bfault(?:: | = )(?:${text})|\b(?:problem|refuse)\(\s*(?:${text})`, "g"),
  ),
  "packaging/install": found(scripts.join("\n"), new RegExp(String.raw`\bdie (?:${shellText})`, "g")),
}

const events: Readonly<Record<string, ReadonlyArray<string>>> = {
  src: eventsOf(ofAgent),
  "src/control-plane": eventsOf(ofControlPlane),
}

/** Errors that stand in no table of their own: where the page speaks of them. */
const elsewhere: Readonly<Record<string, string>> = {
  AlreadyRunning: "runs already",
  CandidateUnfit: "updates.md#outcomes",
  CatalogueRefused: "the catalogue of known exploited vulnerabilities cannot be used",
  CommandKeysUnusable: "cannot be read as command keys",
  CommandTooLarge: "the signed command would have",
  ConfigError: "## The agent does not start",
  DataDirectoryRefused: "is neither empty nor a control plane's data directory",
  ExecutableRefused: "updates.md#outcomes",
  ExecutorUnavailable: "the executor gave no answer",
  FeedDamaged: "codes: FeedProblem",
  FeedRefused: "codes: FeedProblem",
  HostRestarting: "`… has asked for a restart of this host, which has not happened yet`",
  HostUnreadable: "host_unreadable",
  InventoryRefused: "An inventory is refused as a whole",
  KeysRefused: "keys.refused",
  LicenseKeyRefused: "Invalid license key",
  ListenFailed: "cannot listen on …",
  MachineIdMissing: "/etc/machine-id",
  NotNow: "updates.md#outcomes",
  PlanNotUnderstood: "expected one line on stdin: …",
  RebootRefused: "reboot_refused",
  Refusal: "codes: RefusalCode",
  ReleasesRefused: "updates.md#outcomes",
  Reported: "Exit codes of all verbs",
  RequestNotUnderstood: "expected one line on stdin: …",
  RestartFailed: "updates.md#outcomes",
  RenamingRefused: "another agent id is refused",
  RotationRefused: "keys.refused",
  SnapshotRefused: "snapshot_mismatch",
  TlsRefused: "codes: TlsProblem",
  UpdaterRunning: "another update is under way",
  WrongFlags: "Flags that do not go together",
}

describe(path, () => {
  it.each(Object.keys(codes))("explains each code of %s, and no other", (name) => {
    assert.deepStrictEqual(sorted(codesIn(tables, `codes: ${name}`)), sorted(codes[name] ?? []))
  })

  it.each(Object.keys(messages))("explains each message of %s, and no other", (name) => {
    assert.deepStrictEqual(
      sorted(messagesIn(tables, `messages: ${name}`)),
      sorted((messages[name] ?? []).map(withoutValues)),
    )
  })

  it.each(Object.keys(events))("explains each warning and error that %s logs, and no other", (name) => {
    assert.deepStrictEqual(sorted(messagesIn(tables, `events: ${name}`)), sorted(events[name] ?? []))
  })

  it("has no marked table that is not looked at", () => {
    const known = [
      ...Object.keys(codes).map((name) => `codes: ${name}`),
      ...Object.keys(messages).map((name) => `messages: ${name}`),
      ...Object.keys(events).map((name) => `events: ${name}`),
    ]
    assert.deepStrictEqual(sorted(tables.flatMap(({ mark }) => (mark === "" ? [] : [mark]))), sorted(known))
  })

  it("speaks of each error there is", () => {
    const classes = found(source, /class (\w+) extends Schema\.TaggedError/g)
    assert.isAbove(classes.length, 40)
    const inTables = Object.keys(codes).flatMap((name) => name.split(", "))
    assert.deepStrictEqual(
      sorted(classes),
      sorted([...Object.keys(elsewhere), ...inTables.filter((name) => classes.includes(name))]),
    )
    assert.deepStrictEqual(
      Object.entries(elsewhere).filter(([, words]) => !page.includes(words)),
      [],
    )
  })

  it("quotes messages as programs say them", () => {
    const programs = `${source}\n${scripts.join("\n")}`
    const quoted = tables
      .filter(({ head, mark }) => head[0] === "message" && !mark.startsWith("messages: "))
      .flatMap(({ rows }) => rows.flatMap(([first = ""]) => found(first, /`([^`]*[ …][^`]*)`/g)))
    assert.isAbove(quoted.length, 20)
    const missing = quoted.filter(
      (message) => !message.split("…").every((part) => programs.includes(part.trim())),
    )
    assert.deepStrictEqual(missing, [])
  })
})

describe("docs/updates.md", () => {
  it("explains each outcome of an update, and no other", () => {
    const [table] = tablesOf(readFileSync("docs/updates.md", "utf8")).filter(
      ({ head }) => head[0] === "outcome",
    )
    const explained = (table?.rows ?? []).flatMap(([first = ""]) => found(first, /`(\w+)`/g))
    assert.deepStrictEqual(sorted(explained), sorted(UpdateOutcome.literals))
  })
})
