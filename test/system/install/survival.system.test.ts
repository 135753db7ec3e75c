import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Box from "../lab/Box.ts"
import { status, statuses, version } from "../lab/labState.ts"
import {
  executorDirectory,
  goOn,
  lastEvent,
  makeObedientBox,
  outcomes,
  processes,
  publishSlowUpdate,
  reportOf,
  resultIn,
  stopsMidway,
  wanted,
} from "./obedientBox.ts"

// The real apt outlives whoever started it.

const three = wanted(["innocent1", "1.1-1"], ["innocent2", "1.1-1"], ["innocent3", "1.2-1"])
const installedThree = { innocent1: "installed", innocent2: "installed", innocent3: "installed" }

const isSound = Effect.fnUntraced(function* (box: Box.Box) {
  assert.deepStrictEqual(yield* statuses(box, ["innocent1", "innocent2", "innocent3"]), ["ii", "ii", "ii"])
  assert.strictEqual(yield* version(box, "innocent3"), "1.2-1")
  const audit = yield* box.run(["dpkg", "--audit"])
  assert.deepStrictEqual([audit.exitCode, audit.stdout], [0, ""])
})

describe("kill -9 of the executor in the middle of unpacking", () => {
  it.live("does not touch apt, which ends its work; the next executor reports what is installed", () =>
    Effect.gen(function* () {
      const { box, installation, execute } = yield* makeObedientBox("bookworm-lab")
      yield* publishSlowUpdate(box)
      const request = yield* installation(1, three)
      const executor = yield* box.spawn(box.agentArgv(["execute"]), { stdin: request })
      yield* stopsMidway(box)
      const { stdout: files } = yield* box.run([
        "bash",
        "-c",
        'for p in /proc/[0-9]*; do [ "$(cat $p/comm)" != apt-get ] || readlink $p/fd/1 $p/fd/2 $p/fd/3; done',
      ])
      assert.match(files, new RegExp(`^(${executorDirectory}/output-\\w+/\\d \\(deleted\\)\\n){3}$`))
      yield* executor.signal("SIGKILL")
      assert.strictEqual(yield* executor.exit, 137)

      const meanwhile = lastEvent((yield* execute(request)).stdout)
      assert.strictEqual(meanwhile?.kind, "unavailable", JSON.stringify(meanwhile))
      assert.match(yield* processes(box), /^apt-get /m)

      yield* goOn(box)
      yield* isSound(box)
      const result = resultIn((yield* execute(request)).stdout)
      assert.deepStrictEqual([result.status, outcomes(result)], ["interrupted", installedThree])
      const { stdout: left } = yield* box.run(["ls", executorDirectory])
      assert.notInclude(left, "output-")
    }).pipe(Effect.scoped),
  )
})

/** An installer behind its socket, in a network of its own that is down. */
const listen = Effect.fnUntraced(function* (box: Box.Box) {
  const [node, program] = box.agentArgv([])
  const accept = "/opt/lab/checkout/test/system/install/acceptConnections.ts"
  yield* box.spawn([
    node,
    accept,
    "/run/patchctl/installer.sock",
    "unshare",
    "--net",
    "--",
    node,
    program ?? "",
    "apply",
  ])
  const socket = box.exists("/run/patchctl/installer.sock")
  yield* Effect.repeat(socket, { until: (there) => there })
})

describe("with an installer that has no network", () => {
  it.live("what was downloaded is installed there, and what cannot be downloaded is left out by name", () =>
    Effect.gen(function* () {
      const { box, installation, execute } = yield* makeObedientBox("bookworm-lab")
      yield* listen(box)
      yield* box.run(["rm", "/srv/lab/pool/updates/innocent2_1.1-1.deb"])
      const request = wanted(["innocent1", "1.1-1"], ["innocent2", "1.1-1"], ["lab-newdep", "1.1-1"])
      const { stdout } = yield* execute(yield* installation(1, request))
      const result = resultIn(stdout)
      assert.strictEqual(result.status, "partial", JSON.stringify(result))
      assert.deepStrictEqual(outcomes(result), {
        innocent1: "installed",
        innocent2: "failed",
        "lab-newdep": "installed",
        "lab-newdep-lib": "installed",
      })
      const report = reportOf(result)
      assert.include(
        report.outcomes.find(({ name }) => name === "innocent2")?.message,
        "cannot be downloaded",
      )
      assert.deepStrictEqual(
        report.evidence.map(({ step }) => step),
        ["download 4 packages", "install 2 packages"],
      )
      assert.match(stdout, /"step":"configure","package":"innocent1/)
      assert.isDefined(report.restartNeeded)
    }).pipe(Effect.scoped),
  )

  it.live("the death of the executor does not touch it, and its own does not touch apt", () =>
    Effect.gen(function* () {
      const { box, installation, execute } = yield* makeObedientBox("bookworm-lab")
      yield* publishSlowUpdate(box)
      yield* listen(box)
      const request = yield* installation(1, three)
      const executor = yield* box.spawn(box.agentArgv(["execute"]), { stdin: request })
      yield* stopsMidway(box)
      yield* executor.signal("SIGKILL")
      assert.strictEqual(yield* executor.exit, 137)
      assert.match(yield* processes(box), /^\S*node \S*bin\.ts apply $/m)
      yield* goOn(box)
      yield* isSound(box)
      const result = resultIn((yield* execute(request)).stdout)
      assert.deepStrictEqual([result.status, outcomes(result)], ["interrupted", installedThree])

      const back = yield* box.run([
        "apt-get",
        "-y",
        "--allow-downgrades",
        "install",
        "innocent1=1.0-1",
        "innocent2=1.0-1",
        "innocent3=1.0-1",
      ])
      assert.strictEqual(back.exitCode, 0, back.stderr)
      yield* box.run(["rm", "/run/lab-slow.reached", "/run/lab-slow.released"])
      const second = yield* box.spawn(box.agentArgv(["execute"]), { stdin: yield* installation(2, three) })
      yield* stopsMidway(box)
      const killed = yield* box.run([
        "bash",
        "-c",
        "for p in /proc/[0-9]*; do tr '\\0' ' ' <$p/cmdline | grep -q '^[^ ]*node [^ ]*bin.ts apply $' && kill -KILL ${p#/proc/} && echo one; done",
      ])
      assert.strictEqual(killed.stdout, "one\n")
      yield* goOn(box)
      assert.strictEqual(yield* second.exit, 0)
      const seen = resultIn(yield* second.stdout)
      assert.deepStrictEqual([seen.status, outcomes(seen)], ["succeeded", installedThree])
      assert.include(reportOf(seen).evidence.at(-1)?.output, "patchctl-installer@")
      assert.strictEqual(yield* status(box, "innocent3"), "ii")
    }).pipe(Effect.scoped),
  )
})
