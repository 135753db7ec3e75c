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
const names = Array.from({ length: 380 }, (_, n) => PackageName.make(`patchctl-bulk-${n}`))
const [oneName = PackageName.make("dpkg"), ...otherNames] = names.slice(0, 80)
const asked = [oneName, ...otherNames] as const
const stanzas = names
  .map(
    (name) =>
      `\nPackage: ${name}\nStatus: install ok installed\nArchitecture: all\nVersion: 1${digits(220)}\nMaintainer: lab\nDescription: ${digits(800)}\n\n`,
  )
  .join("")

layer(Programs.layer, { excludeTestServices: true, timeout: "1 minute" })("an agent on a slow line", (it) => {
  it.effect(
    "delivers a large scan and a large result, and beats on meanwhile",
    () =>
      Effect.gen(function* () {
        const agent = yield* makeNetworkedAgent(100 + (process.pid % 100))
        const { agentId, daemon, home, install, network, operator, seconds } = agent
        const params = { agentId }

        /** Waits for what takes longer than a request without a body may, and sees beats go on all the while. */
        const slowly = Effect.fnUntraced(function* <A, E, R>(
          what: string,
          probe: Effect.Effect<A, E, R>,
          until: (answer: A) => boolean,
        ) {
          const began = yield* seconds
          const beats = new Set<number>()
          const lookAtBeats = Effect.map(home.status, (status) => {
            const beat = Option.isSome(status) ? loopOf(status.value, "heartbeat") : undefined
            if (beat?.lastSuccessAt !== undefined) beats.add(DateTime.toEpochMillis(beat.lastSuccessAt))
          })
          const answer = yield* eventually(what, Effect.tap(probe, lookAtBeats), until, "3 minutes")
          assert.isAbove((yield* seconds) - began, withoutBodySeconds)
          // The last one before, and at least one that got through beside it: lost packets cost a small flow the most.
          assert.isAtLeast(beats.size, 2)
          return answer
        })

        const scan = Effect.option(operator.scan({ params }))
        const first = yield* eventually("the first scan arrives", scan, Option.isSome)
        const before = Option.match(first, { onNone: () => 0, onSome: ({ packages }) => packages.length })
        const idle = yield* memoryOf(daemon.pid)

        yield* network.rate(kilobits)
        yield* install(stanzas)
        const finished = Effect.map(daemon.stderr, (log) => log.split("scan.finished").length)
        const scans = yield* finished
        yield* eventually("the packages are seen", finished, (count) => count > scans)
        yield* slowly(
          "the whole inventory arrives",
          scan,
          Option.exists(({ packages }) => packages.length === before + names.length),
        )
        yield* eventually("it is known to have arrived", daemon.stderr, (text) => text.includes("kind=delta"))

        const { commandId } = yield* operator.queue({
          params,
          payload: { command: { name: "get_package_info", parameters: { packages: asked } } },
        })
        yield* eventually("it is carried out", agent.begun, (commands) =>
          commands.some(({ id, finished: is }) => id === commandId && is === 1),
        )
        yield* slowly("the result arrives", agent.finished, (known) => known.includes(commandId))
        const [record, ...others] = yield* operator.commands({ params })
        assert.deepStrictEqual(others, [])
        assert.strictEqual(record?.result?.status, "succeeded")
        yield* home.says("nothing waits", daemon.pid, ({ pendingResults }) => pendingResults === 0)

        // Each at the first try.
        assert.notInclude(yield* daemon.stderr, "not_delivered")
        assert.isBelow((yield* memoryOf(daemon.pid)).most, idle.most + 48)
      }).pipe((test) => Effect.flatMap(Programs, (programs) => programs.withLogs(test))),
    400_000,
  )
})
