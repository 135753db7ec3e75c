import { assert, layer } from "@effect/vitest"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { randomBytes } from "node:crypto"
import { PackageName } from "../../../src/domain/Package.ts"
import { loopOf, memoryOf } from "../../e2e/AgentProcess.ts"
import { Programs } from "../../e2e/Programs.ts"
import { eventually } from "../../eventually.ts"
import { makeNetworkedAgent } from "./networkedAgent.ts"

// The real daemon and the real control plane at either end of a line of 16 kbit/s. What is sent takes longer than a request
// without a body may take, and each arrives at the first try.

const kilobits = 16

/** What a request may take without a body, and what the line makes of it for these. */
const withoutBodySeconds = 30

const digits = (count: number) => randomBytes(count / 2).toString("hex")

/** Packages of which neither versions nor descriptions can be compressed to less than half. */
const names = Array.from({ length: 310 }, (_, n) => PackageName.make(`patchctl-bulk-${n}`))
const [oneName = PackageName.make("dpkg"), ...otherNames] = names.slice(0, 96)
const asked = [oneName, ...otherNames] as const
const stanzas = names
  .map(
    (name) =>
      `\nPackage: ${name}\nStatus: install ok installed\nArchitecture: all\nVersion: 1${digits(220)}\nMaintainer: lab\nDescription: ${digits(800)}\n\n`,
  )
  .join("")

layer(Programs.layer, { excludeTestServices: true, timeout: "1 minute" })("an agent on a slow line", (it) => {
  it.effect(
    "delivers a large scan while it beats, and a large result",
    () =>
      Effect.gen(function* () {
        const agent = yield* makeNetworkedAgent(100 + (process.pid % 100))
        const { agentId, arrived, daemon, home, install, launchWith, network, operator, seconds } = agent
        const params = { agentId }
        const scan = Effect.option(operator.scan({ params }))
        const first = yield* eventually("the first scan arrives", scan, Option.isSome)
        const before = Option.match(first, { onNone: () => 0, onSome: ({ packages }) => packages.length })
        const idle = yield* memoryOf(daemon.pid)

        yield* network.rate(kilobits)
        yield* install(stanzas)
        const finished = Effect.map(daemon.stderr, (log) => log.split("scan.finished").length)
        const scans = yield* finished
        yield* eventually("the packages are seen", finished, (count) => count > scans)
        const scanned = yield* seconds
        const beats = new Set<number>()
        yield* eventually(
          "the whole inventory arrives",
          Effect.tap(scan, () =>
            Effect.map(home.status, (status) => {
              const beat = Option.isSome(status) ? loopOf(status.value, "heartbeat") : undefined
              if (beat?.lastSuccessAt !== undefined) beats.add(DateTime.toEpochMillis(beat.lastSuccessAt))
            }),
          ),
          Option.exists(({ packages }) => packages.length === before + names.length),
          "3 minutes",
        )
        assert.isAbove((yield* seconds) - scanned, withoutBodySeconds)
        assert.isAtLeast(beats.size, 5)
        const log = yield* daemon.stderr
        assert.notInclude(log, "scan.not_delivered")
        yield* eventually("it is known to have arrived", daemon.stderr, (text) => text.includes("kind=delta"))
        assert.isBelow((yield* memoryOf(daemon.pid)).most, idle.most + 48)
        yield* daemon.signal("SIGTERM")
        yield* daemon.end

        // What goes alone has as long as a round of the heartbeat.
        const { commandId } = yield* operator.queue({
          params,
          payload: { command: { name: "get_package_info", parameters: { packages: asked } } },
        })
        const again = yield* launchWith(150)
        yield* eventually("it is carried out", agent.begun, (commands) =>
          commands.some(({ id, finished: is }) => id === commandId && is === 1),
        )
        const done = yield* seconds
        yield* arrived([commandId])
        assert.isAbove((yield* seconds) - done, withoutBodySeconds)
        const [record, ...others] = yield* operator.commands({ params })
        assert.deepStrictEqual(others, [])
        assert.strictEqual(record?.result?.status, "succeeded")
        yield* home.says("nothing waits", again.pid, ({ pendingResults }) => pendingResults === 0)
        assert.notInclude(yield* again.stderr, "result.not_delivered")
      }).pipe((test) => Effect.flatMap(Programs, (programs) => programs.withLogs(test))),
    400_000,
  )
})
