import { assert, layer } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import { SelftestReport } from "../../src/cli/selftest.ts"
import type { CommandId } from "../../src/domain/Identifiers.ts"
import {
  type AgentHome,
  decodeReport,
  enrolledAs,
  licenseKey,
  logged,
  loopOf,
  makeAgentHome,
} from "./AgentProcess.ts"
import { ControlPlaneProcess } from "./ControlPlaneProcess.ts"
import { appears } from "../eventually.ts"
import { Programs } from "./Programs.ts"

const decodeSelftest = Schema.decodeUnknownEffect(Schema.fromJsonString(SelftestReport))

const withLogs = <A, E, R>(test: Effect.Effect<A, E, R>) =>
  Effect.flatMap(Programs, (programs) => programs.withLogs(test))

/** False when there is no such process any more. */
const send = (pid: number, signal: NodeJS.Signals) =>
  Effect.isSuccess(Effect.try(() => process.kill(pid, signal)))

/** Stops the executor of a command between its beginning and its end; None when it was faster. */
const pauseInTheMiddle = (home: AgentHome) =>
  Effect.fnUntraced(function* (commandId: CommandId) {
    const executor = yield* appears(
      "the executor has begun",
      Effect.map(Effect.option(home.ledger), (ledger) =>
        Option.flatMapNullishOr(ledger, ({ commands, audit }) =>
          audit.some(({ id, event }) => id === commandId && event === "started")
            ? commands.find(({ id }) => id === commandId)?.executor.split(":")[1]
            : undefined,
        ),
      ),
    )
    const pid = Number(executor)
    // Whatever the test finds, nothing stays stopped.
    yield* Effect.addFinalizer(() => send(pid, "SIGCONT"))
    const stopped = yield* send(pid, "SIGSTOP")
    const { commands } = yield* home.ledger
    if (stopped && commands.some(({ id, finished }) => id === commandId && finished === 0)) {
      return Option.some({ commandId, executor: pid })
    }
    yield* send(pid, "SIGCONT")
    return Option.none()
  })

const lab = ControlPlaneProcess.layer.pipe(Layer.provideMerge(Programs.layer))

layer(lab, { excludeTestServices: true })("an agent through its life", (it) => {
  it.effect(
    "ends with 0 on SIGTERM, says so afterwards, and is the same agent when it is started again",
    () =>
      Effect.gen(function* () {
        const { keys, operator } = yield* ControlPlaneProcess
        const home = yield* makeAgentHome(keys)
        const first = yield* home.start()
        const agentId = yield* enrolledAs(home, first.pid)
        yield* first.signal("SIGTERM")
        assert.strictEqual(yield* first.end, 0)

        const stopped = yield* home.run(["status"])
        assert.strictEqual(stopped.exitCode, 3)
        assert.match(stopped.stdout, /^PatchCTL agent: not running\n/)

        const second = yield* home.start()
        assert.strictEqual(yield* enrolledAs(home, second.pid), agentId)
        assert.notInclude(yield* second.stderr, "agent.enrolled")
        const ids = (yield* operator.servers()).map((server) => server.agentId)
        assert.strictEqual(ids.filter((id) => id === agentId).length, 1)
      }).pipe(withLogs),
  )

  it.effect("brings back the result of a command in whose middle it was killed, once and as it is", () =>
    Effect.gen(function* () {
      const { keys, operator, queue, resultOf } = yield* ControlPlaneProcess
      const home = yield* makeAgentHome(keys)
      const first = yield* home.start()
      const agentId = yield* enrolledAs(home, first.pid)

      // A command may be too quick to be caught; then the next one is.
      const caught = yield* appears(
        "a command is caught while it runs",
        Effect.flatMap(queue(agentId, { name: "health_check", parameters: {} }), pauseInTheMiddle(home)),
      )
      yield* first.signal("SIGKILL")
      assert.strictEqual(yield* first.end, "SIGKILL")
      const killed = yield* home.run(["status", "--json"])
      assert.strictEqual(killed.exitCode, 3)
      assert.strictEqual((yield* decodeReport(killed.stdout)).verdict, "not_running")

      const second = yield* home.start()
      yield* logged(second, `${caught.commandId} is still being carried out`)
      const before = yield* operator.command({ params: { commandId: caught.commandId } })
      assert.isUndefined(before.result)
      assert.isTrue(yield* send(caught.executor, "SIGCONT"))
      const result = yield* resultOf(caught.commandId)
      assert.include(["succeeded", "partial"], result.status)

      yield* home.says("nothing waits for delivery", second.pid, ({ pendingResults }) => pendingResults === 0)
      const { commands, audit } = yield* home.ledger
      assert.deepStrictEqual(
        commands.filter(({ id }) => id === caught.commandId).map(({ finished }) => finished),
        [1],
      )
      assert.deepStrictEqual(
        audit.filter(({ id }) => id === caught.commandId).map(({ event }) => event),
        ["received", "started", "finished"],
      )
    }).pipe(withLogs),
  )

  it.effect("stays alive with a wrong licence key, and says so in status and log without the key", () =>
    Effect.gen(function* () {
      const { keys } = yield* ControlPlaneProcess
      const home = yield* makeAgentHome({ ...keys, license_key: licenseKey })
      const daemon = yield* home.start()
      yield* home.says("the key is refused", daemon.pid, (status) =>
        String(loopOf(status, "heartbeat")?.lastError).startsWith("Invalid license key"),
      )
      const { exitCode, stdout } = yield* home.run(["status"])
      assert.strictEqual(exitCode, 1)
      assert.include(stdout, "Invalid license key")
      const log = yield* logged(daemon, 'error=LicenseKeyRefused reason="Invalid license key')
      assert.notInclude(log + stdout, licenseKey)
      yield* daemon.signal("SIGTERM")
      assert.strictEqual(yield* daemon.end, 0)
    }).pipe(withLogs),
  )

  it.effect("fails `patchctl selftest` with a remedy where nothing listens", () =>
    Effect.gen(function* () {
      const home = yield* makeAgentHome({ api_url: "https://127.0.0.1:9" })
      const { exitCode, stdout } = yield* home.run(["selftest", "--json"])
      assert.strictEqual(exitCode, 1)
      const { passed, checks } = yield* decodeSelftest(stdout)
      assert.isFalse(passed)
      const tcp = checks.find(({ name }) => name === "tcp")
      assert.strictEqual(tcp?.outcome, "failed")
      for (const check of checks) {
        if (check.outcome !== "ok") assert.isNotEmpty(check.remedy, check.name)
      }
    }).pipe(withLogs),
  )

  const secret = "pk_live_S3cretS3cretS3cret"
  for (const [what, text, mode, complaint] of [
    ["is not JSON", `{"license_key": "${secret}",}`, 0o600, "a key in double quotes is missing"],
    ["may be read by others", `{"license_key": "${secret}"}`, 0o644, "chmod 600"],
    ["has a key with a typing error", `{"licence_key": "${secret}"}`, 0o600, "did you mean license_key?"],
    ["has a damaged licence key", `{"license_key": "${secret} -"}`, 0o600, "license_key does not fit"],
  ] as const) {
    it.effect(
      `ends with 78 and the remedy, without the licence key, when its configuration ${what}`,
      () =>
        Effect.gen(function* () {
          const files = yield* FileSystem.FileSystem
          const home = yield* makeAgentHome({})
          yield* files.writeFileString(home.path, text)
          yield* files.chmod(home.path, mode)
          const { exitCode, stdout, stderr } = yield* home.run(["run"])
          assert.strictEqual(exitCode, 78)
          assert.include(stderr, complaint)
          assert.include(stderr, home.path)
          assert.notInclude(stdout + stderr, "S3cret")
          assert.isFalse(yield* files.exists(home.state))
        }).pipe(withLogs),
      60_000,
    )
  }
})
