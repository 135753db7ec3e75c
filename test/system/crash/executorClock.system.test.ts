import { NodeFileSystem } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as FileSystem from "effect/FileSystem"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import { Command } from "../../../src/domain/Command.ts"
import { ExecutorEvent } from "../../../src/protocol/ExecutorMessages.ts"
import { inspectAudit } from "../../../src/store/inspectAudit.ts"
import { eventually } from "../../eventually.ts"
import { claims, commandId, makeSigner } from "../../fakes/CommandSigning.ts"
import * as Box from "../lab/Box.ts"
import { bundleAgent } from "./AgentBox.ts"
import { killAll } from "./boxProcesses.ts"
import {
  asBefore,
  downgrade,
  installation,
  ledgerOf,
  names,
  offerUpdates,
  packagesOf,
  scriptRunsIn,
  updated,
} from "./CrashBox.ts"
import { fakeClockLibrary, jumpsWhileRunning, setFakeClock } from "./fakeClock.ts"

// The clock of a whole machine, executor, apt and dpkg, is a day ahead or a day back, and jumps between two commands and
// in the middle of one. Commands are signed by a clock that is right, as the control plane signs them. Each executor is
// started with one request, as the daemon starts it; there is no daemon, which a clock like this cuts off from its server.

const hour = 3600
const day = 24 * hour

const encodeCommand = Schema.encodeSync(Command)
const encodeLine = Schema.encodeSync(Schema.fromJsonString(Schema.Unknown))
const decodeEvent = Schema.decodeUnknownOption(Schema.fromJsonString(ExecutorEvent))

const install = installation({})
const health: Command = { name: "health_check", parameters: {} }

const seconds = Effect.map(Clock.currentTimeMillis, (now) => now / 1000)

const makeClockBox = Effect.fn("makeClockBox")(function* () {
  const files = yield* FileSystem.FileSystem
  const directory = yield* files.makeTempDirectoryScoped()
  const inside = "/srv/clock"
  const library = "/opt/lab/faketime.so"
  const box = yield* Box.make("bookworm-lab", {
    binds: [
      { source: directory, target: inside, writable: true },
      { source: yield* files.realPath(yield* fakeClockLibrary), target: library },
    ],
  })
  const init = box.hostPath("").split("/")[2] ?? ""
  yield* files.writeFileString(
    `${directory}/config.json`,
    encodeLine({
      license_key: "pk_live_0123456789abcdef",
      state_directory: `${inside}/state`,
      refresh: "never",
      quiet_period_seconds: 0,
    }),
    { mode: 0o600 },
  )
  yield* bundleAgent(directory)
  yield* offerUpdates(box, inside)

  const [node] = box.agentArgv([])
  /** One executor: what it told at last. */
  const ask = Effect.fnUntraced(function* (request: unknown) {
    const { stdout, stderr } = yield* box.run(
      [node, `${inside}/stoppableAgent.mjs`, "--config", `${inside}/config.json`, "execute"],
      { stdin: `${encodeLine(request)}\n`, env: jumpsWhileRunning, timeout: "180 seconds" },
    )
    const last = stdout
      .split("\n")
      .flatMap((line) => Option.toArray(decodeEvent(line)))
      .at(-1)
    return yield* Effect.mapError(Effect.fromNullishOr(last), () => `no answer: ${stderr}`)
  })
  const signer = yield* makeSigner
  assert.deepStrictEqual(yield* ask({ kind: "pin", anchor: signer.anchor }), { kind: "pinned" })

  const clock = box.hostPath("/etc/faketimerc")
  const sets = (offset: string) => setFakeClock(clock, offset)
  yield* sets("+0d")
  yield* box.writeFile("/etc/ld.so.preload", `${library}\n`)

  let counter = 0
  const resultOf = Effect.fnUntraced(function* (envelope: string) {
    const answer = yield* ask({ kind: "command", envelope })
    return answer.kind === "result" ? answer.result : assert.fail(encodeLine(answer))
  })
  const ledger = ledgerOf(`${directory}/state-executor`)
  const note = (name: string) => files.writeFileString(`${directory}/${name}`, "")
  const forget = (...some: ReadonlyArray<string>) =>
    Effect.forEach(some, (name) => files.remove(`${directory}/${name}`, { force: true }))

  return {
    box,
    sets,
    /** How far ahead of the right time the machine believes to be, in seconds. */
    ahead: Effect.gen(function* () {
      const { stdout } = yield* box.run(["date", "+%s"])
      return Number(stdout) - (yield* seconds)
    }),
    /** A command that was signed so many seconds ago by a clock that is right; valid as long as a control plane makes it. */
    order: Effect.fnUntraced(function* (command: Command, age = 0, valid = day) {
      counter += 1
      const iat = Math.floor((yield* seconds) - age)
      const times = { iat, nbf: iat - 300, exp: iat + valid }
      const envelope = yield* signer.seal(claims(counter, encodeCommand(command), times))
      return { id: commandId(counter), envelope }
    }),
    answer: (envelope: string) => ask({ kind: "command", envelope }),
    resultOf,
    scriptRuns: scriptRunsIn(directory),
    /** The update is not installed, and no script has run. */
    reset: Effect.andThen(downgrade(box), forget("scripts.log", "stop", "stopped", "go")),
    stopAfter: (step: string, id: string) => files.writeFileString(`${directory}/stop`, `${step} ${id}`),
    stopped: eventually(
      "the executor has come to the step",
      files.exists(`${directory}/stopped`),
      (is) => is,
    ),
    goOn: note("go"),
    holdScripts: note("scripts.log.hold"),
    letScriptsGo: forget("scripts.log.hold"),
    killExecutor: killAll(init, ["executor"]),
    eventsOf: (id: string) =>
      Effect.map(ledger, ({ audit }) => audit.filter((line) => line.id === id).map(({ event }) => event)),
    /** Nothing is unfinished, and the audit log is whole. */
    isSettled: Effect.gen(function* () {
      const { commands } = yield* ledger
      assert.deepStrictEqual(
        commands.filter(({ finished }) => finished === 0),
        [],
      )
      assert.strictEqual((yield* inspectAudit(`${directory}/state-executor/executor.sqlite`)).kind, "whole")
    }),
  }
})
type ClockBox = Effect.Success<ReturnType<typeof makeClockBox>>

const carriedOut = ["received", "started", "finished"]

/** Each script of each package has run once. */
const ranOnce = Effect.fnUntraced(function* ({ box, scriptRuns }: ClockBox) {
  const runs = yield* scriptRuns
  assert.lengthOf(runs, 2 * names.length)
  assert.lengthOf([...new Set(runs)], runs.length)
  assert.deepStrictEqual(yield* packagesOf(box), updated)
})

const inClockBox = <A, E>(test: (machine: ClockBox) => Effect.Effect<A, E, FileSystem.FileSystem>) =>
  Effect.flatMap(makeClockBox(), (machine) => Effect.andThen(test(machine), machine.isSettled)).pipe(
    Effect.scoped,
    Effect.provide(NodeFileSystem.layer),
  )

describe("an executor whose clock jumps", () => {
  it.live(
    "between two commands refuses what the clock does not allow, names it, and obeys again once it is right",
    () =>
      inClockBox((machine) =>
        Effect.gen(function* () {
          const { ahead, box, eventsOf, order, reset, resultOf, scriptRuns, sets } = machine
          const refused = Effect.fnUntraced(function* (
            { id, envelope }: Effect.Success<ReturnType<typeof order>>,
            code: string,
            detail: RegExp,
          ) {
            const result = yield* resultOf(envelope)
            assert.strictEqual(result.refusal?.code, code)
            assert.match(result.refusal?.detail ?? "", detail)
            assert.deepStrictEqual(yield* eventsOf(id), ["refused"])
            return result
          })
          const obeys = Effect.fnUntraced(function* () {
            const { id, envelope } = yield* order(health)
            assert.include(["succeeded", "partial"], (yield* resultOf(envelope)).status)
            assert.deepStrictEqual(yield* eventsOf(id), carriedOut)
          })

          const first = yield* order(install)
          const stored = yield* resultOf(first.envelope)
          assert.strictEqual(stored.status, "succeeded", encodeLine(stored))
          yield* ranOnce(machine)

          yield* reset
          yield* sets("+1d")
          assert.approximately(yield* ahead, day, 10)
          const soon = yield* order(install)
          const refusal = yield* refused(soon, "expired", /expired \d+ s ago by this host's clock/)
          assert.deepStrictEqual(yield* resultOf(first.envelope), stored)
          assert.deepStrictEqual(yield* packagesOf(box), asBefore)
          assert.lengthOf(yield* scriptRuns, 0)
          // One that is valid for longer than the clock is wrong.
          const lasting = yield* order(install, 0, 2 * day)
          assert.strictEqual((yield* resultOf(lasting.envelope)).status, "succeeded")
          assert.deepStrictEqual(yield* eventsOf(lasting.id), carriedOut)
          yield* ranOnce(machine)

          yield* sets("+0d")
          assert.approximately(yield* ahead, 0, 10)
          yield* obeys()
          assert.deepStrictEqual(yield* resultOf(soon.envelope), refusal)
          const brief = yield* order(health, 0, hour)
          yield* refused(brief, "expired", /which this host's clock has already shown: it was set back/)

          yield* reset
          yield* sets("-1d")
          assert.approximately(yield* ahead, -day, 10)
          const early = yield* order(install)
          yield* refused(early, "not_yet_valid", /is valid in \d+ s by this host's clock/)
          // It had expired by the right time, and is valid by this one.
          const stale = yield* order(install, 26 * hour)
          yield* refused(stale, "expired", /which this host's clock has already shown: it was set back/)
          assert.deepStrictEqual(yield* resultOf(first.envelope), stored)
          assert.deepStrictEqual(yield* packagesOf(box), asBefore)
          assert.lengthOf(yield* scriptRuns, 0)

          yield* sets("+0d")
          yield* obeys()
        }),
      ),
    { timeout: 300_000 },
  )

  it.live(
    "in the middle of an installation ends it as ever, and an executor that follows waits for what one that was killed left at work",
    () =>
      inClockBox((machine) =>
        Effect.gen(function* () {
          const { answer, eventsOf, order, reset, resultOf, scriptRuns, sets } = machine
          for (const offset of ["+1d", "-1d"]) {
            yield* reset
            yield* sets("+0d")
            const whole = yield* order(install)
            yield* machine.stopAfter("unpack", whole.id)
            const running = yield* Effect.forkScoped(resultOf(whole.envelope))
            yield* machine.stopped
            yield* sets(offset)
            yield* machine.goOn
            const result = yield* Fiber.join(running)
            assert.strictEqual(result.status, "succeeded", encodeLine(result))
            assert.deepStrictEqual(yield* eventsOf(whole.id), carriedOut)
            yield* ranOnce(machine)
            assert.deepStrictEqual(yield* resultOf(whole.envelope), result)

            yield* reset
            yield* sets("+0d")
            const cut = yield* order(install)
            const other = yield* order(health, 0, 3 * day)
            yield* machine.holdScripts
            const dying = yield* Effect.forkScoped(Effect.exit(answer(cut.envelope)))
            yield* eventually("dpkg is at work", scriptRuns, (runs) => runs.length > 0)
            assert.strictEqual(yield* machine.killExecutor, 1)
            yield* Fiber.join(dying)
            yield* sets(offset)
            for (const { envelope } of [cut, other]) {
              const told = yield* answer(envelope)
              assert.match(
                told.kind === "unavailable" ? told.detail : told.kind,
                /its package transaction is still at work/,
              )
            }
            yield* machine.letScriptsGo
            yield* eventually(
              "the transaction has ended",
              answer(cut.envelope),
              ({ kind }) => kind === "result",
              "120 seconds",
            )
            const interrupted = yield* resultOf(cut.envelope)
            assert.strictEqual(interrupted.status, "interrupted")
            assert.match(interrupted.problem?.detail ?? "", /3 of 3 planned changes are done/)
            assert.deepStrictEqual(yield* eventsOf(cut.id), carriedOut)
            yield* ranOnce(machine)

            yield* sets("+0d")
            assert.deepStrictEqual(yield* resultOf(cut.envelope), interrupted)
            assert.include(["succeeded", "partial"], (yield* resultOf(other.envelope)).status)
          }
        }).pipe(Effect.scoped),
      ),
    { timeout: 300_000 },
  )
})
