import { assert, describe, layer } from "@effect/vitest"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Random from "effect/Random"
import type { CommandResult } from "../../../src/domain/Command.ts"
import type { CommandId } from "../../../src/domain/Identifiers.ts"
import { ControlPlaneProcess } from "../../e2e/ControlPlaneProcess.ts"
import { Programs } from "../../e2e/Programs.ts"
import { eventually } from "../../eventually.ts"
import type { Part } from "./boxProcesses.ts"
import { asBefore, type CrashBox, makeCrashBox, names, outcomeOf, reportOf, updated } from "./CrashBox.ts"

// The agent is killed at every step of an installation and at random moments of it. Whatever happens: the command runs
// once, its one result arrives, says what is true, and what is left half done can be seen and mended.

const isLong = process.env["PATCHCTL_LONG"] === "1"

type Victim = "daemon" | "executor" | "both" | "everything"

const partsOf: Readonly<Record<Exclude<Victim, "everything">, ReadonlyArray<Part>>> = {
  daemon: ["daemon"],
  executor: ["executor"],
  both: ["daemon", "executor"],
}

/** Steps of the executor, in their order; at each it waits to be killed. */
const executorSteps = [
  "begun",
  "plan",
  "planned",
  "download",
  "unpack",
  "configure",
  "installed",
  "finished",
] as const
/** And what the daemon does with the result. */
const daemonSteps = ["kept", "sent", "acknowledged"] as const

/** From here on the result is written down: what becomes of the packages afterwards is another story. */
const isDecided = (step: string) => ["finished", ...daemonSteps].includes(step)

const strike = Effect.fnUntraced(function* (machine: CrashBox, victim: Victim) {
  if (victim !== "everything") return yield* machine.kill(...partsOf[victim])
  yield* machine.losePower
  return 1
})

/** The command ran once: its script runs, its entry and its audit lines. */
const ranOnce = Effect.fnUntraced(function* (machine: CrashBox, id: CommandId) {
  const runs = yield* machine.scriptRuns
  assert.deepStrictEqual(
    runs.filter((line, index) => runs.indexOf(line) !== index),
    [],
  )
  const { audit, commands } = yield* machine.ledger
  assert.deepStrictEqual(
    audit.filter((line) => line.id === id).map(({ event }) => event),
    ["received", "started", "finished"],
  )
  assert.deepStrictEqual(
    commands.filter((row) => row.id === id).map(({ finished }) => finished),
    [1],
  )
})

/** What the result says of each package is what dpkg says. */
const toldTheTruth = Effect.fnUntraced(function* (machine: CrashBox, result: CommandResult) {
  assert.include(["succeeded", "interrupted"], result.status, JSON.stringify(result.problem))
  const packages = yield* machine.packages
  const states = names.map((name) => [name, outcomeOf(packages[name])])
  const report = reportOf(result)
  const told =
    report === undefined
      ? names.map((name) => [name, "unchanged"])
      : names.map((name) => [name, report.outcomes.find((row) => row.name === name)?.outcome])
  assert.deepStrictEqual(told, states)
  return states.every(([, state]) => state !== "half_configured")
})

/** What a power failure left half done is named by the next health check, and mended where that is asked for. */
const isReportedAndMended = Effect.fnUntraced(function* (machine: CrashBox) {
  const packages = yield* machine.packages
  const health = yield* Effect.flatMap(machine.examine, machine.resultOf)
  const checks = health.output?.command === "health_check" ? health.output.report.checks : []
  const database = checks.find(({ name }) => name === "package_database")
  assert.strictEqual(database?.verdict, "fault", JSON.stringify({ packages, database }))
  for (const name of names) {
    if (outcomeOf(packages[name]) === "half_configured") assert.include(database?.detail, name)
  }
  const mended = yield* Effect.flatMap(machine.install({ repair: true }), machine.resultOf)
  assert.strictEqual(mended.status, "succeeded", JSON.stringify({ packages, mended }))
  assert.deepStrictEqual(yield* machine.packages, updated)
})

/** dpkg's own judgement of its database: nothing is half done. */
const isClean = Effect.fnUntraced(function* ({ box }: CrashBox) {
  const { exitCode, stdout } = yield* box.run(["dpkg", "--audit"])
  return exitCode === 0 && stdout === ""
})

type Told = readonly [id: CommandId, result: CommandResult]

/** Waits for the result, and holds it against what ran and what is installed. Says whether something was to be mended. */
const judge = Effect.fnUntraced(function* (machine: CrashBox, id: CommandId, victim: Victim) {
  const result = yield* machine.resultOf(id)
  yield* machine.delivered
  yield* machine.atRest
  yield* ranOnce(machine, id)
  const told: Told = [id, result]
  const isWhole = (yield* toldTheTruth(machine, result)) && (yield* isClean(machine))
  if (!isWhole) {
    // dpkg was killed itself.
    assert.strictEqual(victim, "everything")
    yield* isReportedAndMended(machine)
  }
  return { told, mended: !isWhole }
})

/** One kill after one step. */
const killAfter = Effect.fnUntraced(function* (machine: CrashBox, step: string, victim: Victim) {
  yield* machine.reset
  const id = yield* machine.install()
  yield* machine.stopAfter(step, id)
  yield* machine.stopped
  // Taken back behind the agent's back: if the command ran again, it would be there again.
  if (isDecided(step)) yield* machine.downgrade
  assert.isAbove(yield* strike(machine, victim), 0)
  yield* machine.goOn
  if (!isDecided(step)) return (yield* judge(machine, id, victim)).told
  const result = yield* machine.resultOf(id)
  yield* machine.delivered
  yield* machine.atRest
  yield* ranOnce(machine, id)
  assert.strictEqual(result.status, "succeeded")
  assert.deepStrictEqual(yield* machine.packages, asBefore)
  const told: Told = [id, result]
  return told
})

const since = ["it was queued", "it was taken up", "it began to unpack"] as const

const moment = Effect.gen(function* () {
  const victims = ["daemon", "executor", "both", "everything"] as const
  return {
    victim: victims[yield* Random.nextIntBetween(0, 3)] ?? "both",
    since: since[yield* Random.nextIntBetween(0, 2)] ?? since[0],
    milliseconds: yield* Random.nextIntBetween(0, 2500),
  }
})
type Moment = Effect.Success<typeof moment>

/** One kill at a moment of the installation. */
const killAt = Effect.fnUntraced(function* (machine: CrashBox, at: Moment) {
  yield* machine.reset
  const id = yield* machine.install()
  if (at.since !== "it was queued") {
    const running = Effect.map(
      machine.status,
      Option.exists((status) => status.running?.commandId === id),
    )
    // It may have been too quick to be seen.
    const finished = Effect.map(machine.scriptRuns, (runs) => runs.length > 0)
    yield* eventually("it is carried out", Effect.all([running, finished]), ([now, then]) => now || then)
  }
  if (at.since === "it began to unpack") {
    yield* eventually("it unpacks", machine.scriptRuns, (runs) => runs.length > 0)
  }
  yield* Effect.sleep(at.milliseconds)
  const struck = yield* strike(machine, at.victim)
  return { ...(yield* judge(machine, id, at.victim)), struck }
})

/** After all that: every command has the one result that it had at first, nothing waits, the audit chain is whole. */
const settled = Effect.fnUntraced(function* (machine: CrashBox, told: ReadonlyArray<Told>) {
  for (const [id, first] of told) assert.deepStrictEqual(yield* machine.resultOf(id), first)
  assert.deepStrictEqual(yield* machine.strayResults, [])
  const { commands } = yield* machine.ledger
  assert.deepStrictEqual(
    commands.filter(({ finished }) => finished === 0),
    [],
  )
  const { checks } = yield* machine.selftest
  assert.deepStrictEqual(
    checks.filter(({ name }) => name === "audit" || name === "state").map(({ outcome }) => outcome),
    ["ok", "ok"],
    JSON.stringify(checks),
  )
})

const lab = ControlPlaneProcess.layer.pipe(Layer.provideMerge(Programs.layer))
const allTheTime = { timeout: 3_600_000 }

describe.concurrent("kill -9", () => {
  const atSteps: ReadonlyArray<readonly [Victim, ReadonlyArray<string>]> = [
    ["daemon", [...executorSteps, ...daemonSteps]],
    ["executor", executorSteps],
    ["both", executorSteps],
    ["everything", ["planned", "unpack", "configure", "installed", "finished"]],
  ]
  layer(lab, { excludeTestServices: true, timeout: "60 seconds" })("at every step", (it) => {
    for (const [victim, steps] of atSteps) {
      it.effect(
        `of ${victim}`,
        () =>
          Effect.gen(function* () {
            const machine = yield* makeCrashBox(`crash-${victim}`)
            const told = yield* Effect.forEach(steps, (step) =>
              killAfter(machine, step, victim).pipe(machine.withLog(step)),
            )
            yield* settled(machine, told)
          }).pipe(Effect.scoped),
        allTheTime,
      )
    }
  })

  layer(lab, { excludeTestServices: true, timeout: "60 seconds" })("at random moments", (it) => {
    const lanes = isLong ? 4 : 2
    const each = (isLong ? 200 : 20) / lanes
    for (let lane = 1; lane <= lanes; lane += 1) {
      it.effect(
        `seed ${lane}, ${each} times`,
        () =>
          Effect.gen(function* () {
            const machine = yield* makeCrashBox(`crash-random-${lane}`)
            const moments = yield* Random.withSeed(Effect.replicateEffect(moment, each), lane)
            const kills = yield* Effect.forEach(moments, (at) =>
              killAt(machine, at).pipe(machine.withLog(JSON.stringify(at))),
            )
            yield* settled(
              machine,
              kills.map(({ told }) => told),
            )
            const interrupted = kills.filter(({ told: [, { status }] }) => status === "interrupted")
            yield* Console.log(
              `seed ${lane}: ${kills.filter(({ struck }) => struck > 0).length} of ${each} met somebody, ${interrupted.length} commands were interrupted, ${kills.filter(({ mended }) => mended).length} times packages were to be mended`,
            )
          }).pipe(Effect.scoped),
        allTheTime,
      )
    }
  })
})
