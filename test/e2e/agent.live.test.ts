import { assert, layer } from "@effect/vitest"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import { SelftestReport } from "../../src/cli/selftest.ts"
import { PackageName, PackageVersion } from "../../src/domain/Package.ts"
import { Scan } from "../../src/domain/Scan.ts"
import { decodeReport, enrolledAs, makeAgentHome } from "./AgentProcess.ts"
import { ControlPlaneProcess } from "./ControlPlaneProcess.ts"
import { appears, eventually } from "../eventually.ts"
import { Programs } from "./Programs.ts"

const decodeScan = Schema.decodeUnknownEffect(Schema.fromJsonString(Scan))
const decodeSelftest = Schema.decodeUnknownEffect(Schema.fromJsonString(SelftestReport))

/** Tells of the machine under the tests, not of the agent. */
const aboutThisMachine: ReadonlyArray<string> = ["disk", "package_managers"]

const start = Effect.gen(function* () {
  const controlPlane = yield* ControlPlaneProcess
  const home = yield* makeAgentHome(controlPlane.keys)
  const daemon = yield* home.start()
  return { home, daemon, agentId: yield* enrolledAs(home, daemon.pid) }
})

/** An agent that works for a control plane, for tests that only look at it. */
class WorkingAgent extends Context.Service<WorkingAgent, Effect.Success<typeof start>>()(
  "patchctl/test/e2e/WorkingAgent",
) {
  static readonly layer = Layer.effect(WorkingAgent, start).pipe(
    Layer.provideMerge(ControlPlaneProcess.layer),
    Layer.provideMerge(Programs.layer),
  )
}

const withLogs = <A, E, R>(test: Effect.Effect<A, E, R>) =>
  Effect.flatMap(Programs, (programs) => programs.withLogs(test))

layer(WorkingAgent.layer, { excludeTestServices: true })("a working agent", (it) => {
  it.effect("beats and delivers a scan of this machine", () =>
    Effect.gen(function* () {
      const { agentId } = yield* WorkingAgent
      const { operator } = yield* ControlPlaneProcess
      const params = { agentId }
      const scan = yield* appears("a scan", Effect.option(operator.scan({ params })))
      assert.strictEqual(scan.packages.length, scan.summary.counts.packages)
      assert.isDefined(scan.report?.coverage.verdict)
      assert.isDefined(scan.findings)
      const server = yield* appears(
        "three heartbeats",
        Effect.map(operator.server({ params }), (known) =>
          known.heartbeats >= 3 ? Option.some(known) : Option.none(),
        ),
      )
      assert.isTrue(server.online)
      assert.isFalse(server.cloneSuspected)
      const files = yield* FileSystem.FileSystem
      const hostname = (yield* files.readFileString("/proc/sys/kernel/hostname")).trim()
      assert.strictEqual(server.facts.hostname.split(".")[0], hostname.split(".")[0])
    }).pipe(withLogs),
  )

  it.effect("carries out the four commands", () =>
    Effect.gen(function* () {
      const { home, agentId } = yield* WorkingAgent
      const { queue, resultOf } = yield* ControlPlaneProcess
      const name = PackageName.make("no-such-package")
      const version = PackageVersion.make("1")
      const ids = yield* Effect.forEach(
        [
          { name: "health_check", parameters: {} },
          { name: "check_updates", parameters: { refresh: "never" } },
          { name: "get_package_info", parameters: { packages: [name] } },
          {
            name: "install_updates",
            parameters: { selection: { kind: "packages", packages: [{ name, version }] }, dry_run: true },
          },
        ] as const,
        (command) => queue(agentId, command),
      )
      const results = yield* Effect.forEach(ids, resultOf)
      assert.deepStrictEqual(
        results.map(({ command, output }) => output?.command ?? command),
        ["health_check", "check_updates", "get_package_info", "install_updates"],
      )
      // Without a package manager, or without its indexes, the answer is another; nothing was refused or broke.
      for (const { status } of results) assert.include(["succeeded", "partial", "failed"], status)
      const { commands } = yield* home.ledger
      assert.deepStrictEqual(
        commands.map(({ id, finished }) => [id, finished]),
        ids.map((id) => [id, 1]),
      )
    }).pipe(withLogs),
  )

  it.effect("is healthy by `patchctl status`", () =>
    Effect.gen(function* () {
      const { home, daemon, agentId } = yield* WorkingAgent
      const text = yield* eventually(
        "a healthy status",
        home.run(["status"]),
        ({ exitCode }) => exitCode === 0,
      )
      assert.match(text.stdout, /^PatchCTL agent: healthy\n/)
      assert.include(text.stdout, agentId)
      const json = yield* home.run(["status", "--json"])
      assert.strictEqual(json.exitCode, 0)
      const report = yield* decodeReport(json.stdout)
      assert.strictEqual(report.verdict, "healthy")
      assert.strictEqual(report.status?.pid, daemon.pid)
      assert.strictEqual(report.status?.agentId, agentId)
    }).pipe(withLogs),
  )

  it.effect("passes `patchctl selftest`", () =>
    Effect.gen(function* () {
      const { home } = yield* WorkingAgent
      const { exitCode, stdout } = yield* home.run(["selftest", "--json"])
      const { passed, checks } = yield* decodeSelftest(stdout)
      assert.strictEqual(exitCode, passed ? 0 : 1)
      const ours = checks.filter(({ name }) => !aboutThisMachine.includes(name))
      assert.deepStrictEqual(
        ours.filter(({ outcome }) => outcome !== "ok"),
        [],
      )
      assert.includeMembers(
        ours.map(({ name }) => name),
        [
          "config",
          "permissions",
          "state",
          "dns",
          "tcp",
          "tls",
          "certificate",
          "pins",
          "clock",
          "license_key",
        ],
      )
    }).pipe(withLogs),
  )

  it.effect("is not in the way of `patchctl scan`", () =>
    Effect.gen(function* () {
      const { home } = yield* WorkingAgent
      const { exitCode, stdout } = yield* home.run(["scan", "--json"])
      const scan = yield* decodeScan(stdout)
      assert.strictEqual(exitCode, scan.completeness.verdict === "complete" ? 0 : 2)
    }).pipe(withLogs),
  )

  it.effect("does not let a second one use its state directory", () =>
    Effect.gen(function* () {
      const { home, daemon } = yield* WorkingAgent
      const { exitCode, stderr } = yield* home.run(["run"])
      assert.strictEqual(exitCode, 1)
      assert.include(stderr, `runs already (pid ${daemon.pid})`)
      assert.strictEqual((yield* home.run(["status"])).exitCode, 0)
    }).pipe(withLogs),
  )
})
