import { assert, describe, it } from "@effect/vitest"
import * as NodeServices from "@effect/platform-node/NodeServices"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import {
  fileFaults,
  importFaults,
  importsOf,
  textFaults,
  unknownEntries,
  type SourceFile,
} from "./architecture/rules.ts"

const filesBelow = Effect.fnUntraced(function* (directory: string) {
  const fs = yield* FileSystem.FileSystem
  const names = yield* fs.readDirectory(directory, { recursive: true })
  return yield* Effect.forEach(
    names.filter((name) => name.endsWith(".ts")),
    (name) => {
      const path = `${directory}/${name}`
      return Effect.map(fs.readFileString(path), (text): SourceFile => ({ path, text }))
    },
  )
})

const holds = (directory: string, faults: (file: SourceFile) => ReadonlyArray<string>) =>
  Effect.gen(function* () {
    const files = yield* filesBelow(directory)
    assert.isAbove(files.length, 10)
    assert.deepStrictEqual(files.flatMap(faults), [])
  }).pipe(Effect.provide(NodeServices.layer))

describe("the source tree", () => {
  it.effect("imports only in the directions of the design", () => holds("src", importFaults))
  it.effect("keeps effects, environment and console where they belong", () => holds("src", textFaults))
  it.effect("has telling names and short files", () => holds("src", fileFaults))
  it.effect("has telling names and short files in its tests too", () => holds("test", fileFaults))
  it.effect("has a place in the layout for every folder", () =>
    Effect.gen(function* () {
      const files = yield* filesBelow("src")
      assert.deepStrictEqual(unknownEntries(files.map((file) => file.path)), [])
    }).pipe(Effect.provide(NodeServices.layer)),
  )
})

const importing = (path: string, ...modules: ReadonlyArray<string>): SourceFile => ({
  path,
  text: modules.map((module) => `import * as Module from "${module}"\n`).join(""),
})

describe("the import rule", () => {
  const refused: ReadonlyArray<readonly [path: string, module: string]> = [
    ["src/domain/Host.ts", "../protocol/Api.ts"],
    ["src/domain/Host.ts", "../schedules.ts"],
    ["src/version/deb.ts", "../domain/Package.ts"],
    ["src/protocol/Api.ts", "../version/deb.ts"],
    ["src/protocol/Api.ts", "../transport/ControlPlane.ts"],
    ["src/heartbeat/HeartbeatLoop.ts", "../transport/https/HttpsClient.ts"],
    ["src/heartbeat/HeartbeatLoop.ts", "../scan/ScanLoop.ts"],
    ["src/heartbeat/HeartbeatLoop.ts", "../main.ts"],
    ["src/scan/ScanLoop.ts", "../package-manager/apt/AptManager.ts"],
    ["src/scan/ScanLoop.ts", "../host/LinuxHost.ts"],
    ["src/scan/ScanLoop.ts", "../control-plane/CommandQueue.ts"],
    ["src/package-manager/apt/AptManager.ts", "../dnf/dnfOutput.ts"],
    ["src/package-manager/PackageManagers.ts", "./apt/AptManager.ts"],
    ["src/scan/HostScanner.ts", "../package-manager/HostPackageManagers.ts"],
    ["src/control-plane/CommandQueue.ts", "../store/Ledger.ts"],
    ["src/control-plane/http/server.ts", "../../transport/ControlPlane.ts"],
    ["src/control-plane/CommandQueue.ts", "../schedules.ts"],
    ["src/main.ts", "./control-plane/CommandQueue.ts"],
    ["src/host/Host.ts", "../../test/fakes/agentKey.ts"],
    ["src/host/Host.ts", "../../package.json"],
    ["src/new-folder/Thing.ts", "../domain/Host.ts"],
    ["src/host/Host.ts", "effect"],
    ["src/main.ts", "@effect/platform-node"],
    ["src/heartbeat/HeartbeatLoop.ts", "effect/cli/Command"],
    ["src/host/Subprocess.ts", "effect/process/ChildProcess"],
    ["src/heartbeat/sendHeartbeat.ts", "effect/http/HttpClient"],
    ["src/transport/ControlPlane.ts", "effect/http/HttpClient"],
    ["src/observability/Telemetry.ts", "effect/http-api/HttpApi"],
    ["src/observability/Telemetry.ts", "@effect/opentelemetry/NodeSdk"],
    ["src/control-plane/sqlite/rows.ts", "node:sqlite"],
    ["src/executor/Executor.ts", "node:child_process"],
  ]
  it.each(refused)("refuses %s importing %s", (path, module) => {
    assert.lengthOf(importFaults(importing(path, module)), 1)
  })

  const accepted: ReadonlyArray<readonly [path: string, module: string]> = [
    ["src/domain/Scan.ts", "./Host.ts"],
    ["src/protocol/Api.ts", "../domain/Host.ts"],
    ["src/heartbeat/HeartbeatLoop.ts", "../transport/ControlPlane.ts"],
    ["src/host/rebootState.ts", "../version/deb.ts"],
    ["src/package-manager/apt/AptManager.ts", "../PackageManager.ts"],
    ["src/package-manager/apt/AptManager.ts", "../../host/Subprocess.ts"],
    ["src/package-manager/apt/AptManager.ts", "./aptOutput.ts"],
    ["src/package-manager/HostPackageManagers.ts", "./apt/AptManager.ts"],
    ["src/control-plane/sqlite/rows.ts", "../../store/Database.ts"],
    ["src/control-plane/sqlite/rows.ts", "../persistence/Agents.ts"],
    ["src/main.ts", "./transport/https/HttpsClient.ts"],
    ["src/cli/run.ts", "../main.ts"],
    ["src/agentVersion.ts", "../package.json"],
    ["src/protocol/Api.ts", "effect/http-api/HttpApi"],
    ["src/host/NodeSubprocess.ts", "effect/process/ChildProcess"],
    ["src/control-plane/bin.ts", "effect/cli/Command"],
    ["src/host/Host.ts", "effect/Effect"],
  ]
  it.each(accepted)("accepts %s importing %s", (path, module) => {
    assert.deepStrictEqual(importFaults(importing(path, module)), [])
  })

  it("finds every way of importing, and nothing in comments or strings", () => {
    const text = [
      'import * as A from "./a.ts"',
      'import type { B } from "./b.ts"',
      "import {",
      "  C,",
      "  type D,",
      '} from "./c.ts"',
      'import "./d.ts"',
      'export { E } from "./e.ts"',
      'export * from "./f.ts"',
      'const g = () => import("./g.ts")',
      'import manifest from "../package.json" with { type: "json" }',
      ' * import { X } from "./x.ts"',
      '// const y = import("./y.ts")',
      `const z = 'import { Z } from "./z.ts"'`,
      'export const name = "./n.ts"',
    ].join("\n")
    assert.deepStrictEqual(importsOf(text), [
      "./a.ts",
      "./b.ts",
      "./c.ts",
      "./d.ts",
      "./e.ts",
      "./f.ts",
      "./g.ts",
      "../package.json",
    ])
  })
})

describe("the text rule", () => {
  it.each([
    ["src/scan/ScanLoop.ts", "  Effect.runPromise(program)"],
    ["src/scan/ScanLoop.ts", "  const run = Effect.runForkWith(context)"],
    ["src/scan/ScanLoop.ts", "  const home = process.env.HOME"],
    ["src/scan/ScanLoop.ts", 'import { env } from "node:process"'],
    ["src/scan/ScanLoop.ts", '  console.log("scanned")'],
    ["src/scan/ScanLoop.ts", "  const started = Date.now()"],
    ["src/scan/ScanLoop.ts", "  setTimeout(again, 1000)"],
    ["src/scan/ScanLoop.ts", "  const share = Math.random()"],
    ["src/scan/ScanLoop.ts", "  const reply = fetch(url)"],
    ["src/scan/ScanLoop.ts", "  const row = JSON.parse(text)"],
    ["src/scan/ScanLoop.ts", '  throw new Error("no")'],
    ["src/scan/ScanLoop.ts", "  const row = value as any"],
    ["src/scan/ScanLoop.ts", "  const rows: Array<any> = []"],
    ["src/scan/ScanLoop.ts", "const f = (value: any) => value"],
    ["src/scan/ScanLoop.ts", "export default layer"],
  ])("refuses in %s: %s", (path, text) => {
    assert.lengthOf(textFaults({ path, text }), 1)
  })

  it.each([
    ["src/bin.ts", "  Effect.runPromise(program)"],
    ["src/config/Environment.ts", "  variables: { ...process.env },"],
    ["src/scan/ScanLoop.ts", " * Never call console.log or Effect.runPromise here."],
    ["src/scan/ScanLoop.ts", '  detail: "the same as any other host"'],
    ["src/scan/ScanLoop.ts", "  yield* Console.log(text)"],
    ["src/scan/ScanLoop.ts", "  const rows = yield* store.fetch(key)"],
  ])("accepts in %s: %s", (path, text) => {
    assert.deepStrictEqual(textFaults({ path, text }), [])
  })
})

describe("the file rule", () => {
  it("refuses names that say nothing", () => {
    for (const name of ["utils", "helpers", "common", "types", "index", "aptUtils", "utils.test"]) {
      assert.lengthOf(fileFaults({ path: `src/scan/${name}.ts`, text: "" }), 1, name)
    }
    assert.deepStrictEqual(fileFaults({ path: "src/scan/packageTypes.ts", text: "" }), [])
  })

  it("refuses re-exports, on one line or several", () => {
    for (const text of [
      'export * from "./ScanHost.ts"',
      'export * as Hosts from "./ScanHost.ts"',
      'export type { ScanHost } from "./ScanHost.ts"',
      'import "./a.ts"\nexport {\n  ScanHost,\n} from "./ScanHost.ts"',
    ]) {
      assert.lengthOf(fileFaults({ path: "src/scan/ScanLoop.ts", text }), 1, text)
    }
    assert.deepStrictEqual(fileFaults({ path: "src/scan/ScanLoop.ts", text: "export { scan }\n" }), [])
  })

  it("refuses the 301st line", () => {
    assert.deepStrictEqual(fileFaults({ path: "src/scan/Scan.ts", text: "x\n".repeat(300) }), [])
    assert.lengthOf(fileFaults({ path: "src/scan/Scan.ts", text: "x\n".repeat(301) }), 1)
  })

  it("refuses a folder that nobody placed", () => {
    assert.deepStrictEqual(unknownEntries(["src/domain/Host.ts", "src/new-folder/Thing.ts"]), ["new-folder"])
  })
})
