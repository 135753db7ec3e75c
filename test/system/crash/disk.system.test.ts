import { assert, describe, layer } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import { DatabaseSync } from "node:sqlite"
import { Command } from "../../../src/domain/Command.ts"
import { ControlPlaneProcess } from "../../e2e/ControlPlaneProcess.ts"
import { Programs } from "../../e2e/Programs.ts"
import { eventually } from "../../eventually.ts"
import type { Box } from "../lab/Box.ts"
import { type AgentBox, makeAgentBox } from "./AgentBox.ts"

// Disks that are full, read-only or have forgotten what was written to them. The agent goes on, or ends and says why;
// what it has promised arrives when the disk is well again.

const health = Schema.decodeSync(Command)({ name: "health_check", parameters: {} })

const shell = Effect.fnUntraced(function* (box: Box, script: string) {
  const { exitCode, stdout, stderr } = yield* box.run(["bash", "-c", script])
  assert.strictEqual(exitCode, 0, `${script}: ${stderr}`)
  return stdout
})

/** Both state directories are small disks of their own. */
const onSmallDisks = (box: Box, inside: string) =>
  Effect.asVoid(
    shell(
      box,
      `for d in ${inside}/state ${inside}/state-executor; do mkdir $d; mount -t tmpfs -o size=4m,mode=755 disk $d; done`,
    ),
  )

const fill = ({ box, inside }: AgentBox, directory: string) =>
  shell(
    box,
    `cat /dev/zero >${inside}/${directory}/filled 2>/dev/null; [ $(stat -f -c %a ${inside}/${directory}) = 0 ]`,
  )
const empty = ({ box, inside }: AgentBox, directory: string) => shell(box, `rm ${inside}/${directory}/filled`)

/** Waits until the log tells this, after what it has told when `look` was made. */
const watch = Effect.fnUntraced(function* ({ log, withLog }: AgentBox) {
  const { length } = yield* log
  return (text: RegExp, what = "") =>
    eventually(
      `the log says ${text}`,
      Effect.map(log, (lines) => text.test(lines.slice(length))),
      (told) => told,
      "60 seconds",
    ).pipe(withLog(what))
})

/** How often a daemon of this machine has ended. */
const ends = ({ log }: AgentBox) =>
  Effect.map(log, (lines) => lines.split("the daemon ended with").length - 1)

const carriesOut = Effect.fnUntraced(function* (machine: AgentBox) {
  const result = yield* Effect.flatMap(machine.queue(health), machine.resultOf)
  assert.include(["succeeded", "partial"], result.status)
})

const checkOf = Effect.fnUntraced(function* (machine: AgentBox, name: string) {
  const { checks } = yield* machine.selftest
  return checks
    .filter((check) => check.name === name)
    .map((check) => `${check.outcome} ${check.detail} ${check.outcome === "ok" ? "" : check.remedy}`)
    .join()
})

const isCloneSuspected = Effect.fnUntraced(function* ({ operator, agentId }: AgentBox) {
  const servers = yield* Effect.orDie(operator.servers())
  return servers.find((server) => server.agentId === agentId)?.cloneSuspected
})

const lab = ControlPlaneProcess.layer.pipe(Layer.provideMerge(Programs.layer))
const allTheTime = { timeout: 600_000 }

describe.concurrent("a disk in trouble", () => {
  layer(lab, { excludeTestServices: true, timeout: "60 seconds" })("under a running agent", (it) => {
    it.effect(
      "full or read-only, it ends no daemon and loses no result",
      () =>
        Effect.gen(function* () {
          const machine = yield* makeAgentBox("disk-full", onSmallDisks)
          const says = yield* watch(machine)
          const daemon = yield* machine.pids("daemon")
          yield* carriesOut(machine)

          yield* fill(machine, "state-executor")
          const first = yield* machine.queue(health)
          yield* says(/executor\.sqlite: the disk is full/)
          yield* empty(machine, "state-executor")
          assert.include(["succeeded", "partial"], (yield* machine.resultOf(first)).status)

          const second = yield* machine.queue(health)
          yield* machine.stopAfter("finished", second)
          yield* machine.stopped
          yield* fill(machine, "state")
          yield* machine.goOn
          yield* says(/agent\.sqlite: the disk is full/)
          yield* empty(machine, "state")
          assert.include(["succeeded", "partial"], (yield* machine.resultOf(second)).status)
          yield* machine.forgetStops

          assert.deepStrictEqual(yield* machine.pids("daemon"), daemon)
          assert.strictEqual(yield* ends(machine), 0)

          const third = yield* machine.queue(health)
          const remount = (how: "ro" | "rw") =>
            machine.box.run(["mount", "-o", `remount,${how}`, `${machine.inside}/state`])
          yield* eventually(
            "the state directory is read-only",
            Effect.andThen(machine.kill("daemon"), remount("ro")),
            ({ exitCode }) => exitCode === 0,
          )
          yield* says(
            /state\/agent\.\w+: the file or its directory is not writable.*\nthe daemon ended with 1/,
          )
          yield* remount("rw")
          assert.include(["succeeded", "partial"], (yield* machine.resultOf(third)).status)
          assert.isFalse(yield* isCloneSuspected(machine))
        }).pipe(Effect.scoped),
      allTheTime,
    )

    it.effect(
      "an executor whose disk fills in the middle is resolved when there is room, and one whose disk is read-only runs nothing",
      () =>
        Effect.gen(function* () {
          const machine = yield* makeAgentBox("disk-fills", onSmallDisks)
          const says = yield* watch(machine)
          const id = yield* machine.queue(health)
          yield* machine.stopAfter("installed", id)
          yield* machine.stopped
          yield* fill(machine, "state-executor")
          yield* machine.goOn
          yield* says(/executor\.sqlite: the disk is full/)
          yield* empty(machine, "state-executor")
          assert.strictEqual((yield* machine.resultOf(id)).status, "interrupted")
          yield* machine.forgetStops
          yield* carriesOut(machine)

          const remount = (how: "ro" | "rw") =>
            eventually(
              `the executor's directory is ${how}`,
              machine.box.run(["mount", "-o", `remount,${how}`, `${machine.inside}/state-executor`]),
              ({ exitCode }) => exitCode === 0,
            )
          yield* remount("ro")
          const later = yield* machine.queue(health)
          yield* says(/state-executor\/\S+: the file or its directory is not writable/)
          yield* remount("rw")
          assert.include(["succeeded", "partial"], (yield* machine.resultOf(later)).status)
        }).pipe(Effect.scoped),
      allTheTime,
    )
  })

  layer(lab, { excludeTestServices: true, timeout: "60 seconds" })("that forgot what was written", (it) => {
    /** What becomes of the file `$f`. */
    const damages = [
      ["a garbage header", "printf garbage-in-the-header | dd conv=notrunc of=$f status=none"],
      ["half of it gone", "truncate -s $(($(stat -c %s $f) / 2 + 100)) $f"],
      [
        "the beginnings of its pages overwritten",
        "for at in 4096 8192 12288; do printf XXXXXXXX | dd conv=notrunc bs=1 seek=$at of=$f status=none; done",
      ],
    ] as const

    it.effect(
      "no command is carried out without the ledger's memory, and moving it away is the way out",
      () =>
        Effect.gen(function* () {
          const files = yield* FileSystem.FileSystem
          const machine = yield* makeAgentBox("disk-ledger", () => Effect.void)
          const file = `${machine.directory}/state-executor/executor.sqlite`
          yield* carriesOut(machine)
          for (const [what, damage] of damages) {
            yield* shell(
              machine.box,
              `cd ${machine.inside}/state-executor; cp -a executor.sqlite kept; f=executor.sqlite; ${damage}`,
            )
            const says = yield* watch(machine)
            const id = yield* machine.queue(health)
            yield* says(/the file is damaged: no command is carried out/, what)
            const audit = yield* checkOf(machine, "audit")
            assert.match(audit, /^failed .*damaged.*see Troubleshooting, State/, what)
            yield* files.rename(`${machine.directory}/state-executor/kept`, file)
            assert.include(["succeeded", "partial"], (yield* machine.resultOf(id)).status)
          }
          yield* shell(
            machine.box,
            `cd ${machine.inside}/state-executor; f=executor.sqlite; ${damages[0][1]}`,
          )
          const before = yield* machine.queue(health)
          yield* shell(machine.box, `cd ${machine.inside}/state-executor; rm -f executor.sqlite*`)
          assert.strictEqual((yield* machine.resultOf(before)).refusal?.code, "replayed")
          assert.match(yield* checkOf(machine, "audit"), /^ok /)
          assert.strictEqual(yield* ends(machine), 0)
        }).pipe(Effect.scoped),
      allTheTime,
    )

    it.effect(
      "a daemon without its identity ends and says what to do, and enrols again once that is done",
      () =>
        Effect.gen(function* () {
          const machine = yield* makeAgentBox("disk-daemon", () => Effect.void)
          const { box, directory, inside } = machine
          for (const [what, damage] of damages) {
            yield* carriesOut(machine)
            // As a daemon leaves it that is stopped: all is in the file, nothing in its log.
            yield* Effect.sync(() => {
              const database = new DatabaseSync(`${directory}/state/agent.sqlite`, { timeout: 5000 })
              database.exec("PRAGMA wal_checkpoint(TRUNCATE)")
              database.close()
            })
            yield* shell(
              box,
              `cd ${inside}/state; mkdir kept; cp -a agent.sqlite* kept; f=agent.sqlite; ${damage}; rm -f agent.sqlite-*`,
            )
            const says = yield* watch(machine)
            yield* machine.kill("daemon")
            yield* says(/agent\.sqlite: the file is damaged: move it away and restart/, what)
            assert.match(yield* checkOf(machine, "state"), /failed .*agent\.sqlite.*move the file away/, what)
            yield* shell(box, `cd ${inside}/state; rm -f agent.sqlite*; mv kept/* .; rmdir kept`)
            yield* machine.kill("daemon")
          }
          yield* shell(box, `cd ${inside}/state; rm -f agent.sqlite*`)
          yield* machine.kill("daemon")
          yield* eventually(
            "it has enrolled again",
            machine.status,
            Option.exists(({ agentId }) => agentId !== undefined && agentId !== machine.agentId),
            "120 seconds",
          )
        }).pipe(Effect.scoped),
      allTheTime,
    )
  })
})
