import { assert, layer } from "@effect/vitest"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type * as FileSystem from "effect/FileSystem"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import { shortestBeatRound } from "../../../src/schedules.ts"
import { memoryOf } from "../../e2e/AgentProcess.ts"
import { Programs } from "../../e2e/Programs.ts"
import { eventually } from "../../eventually.ts"
import type { PacketFault } from "../lab/network/Network.ts"
import type { Line } from "../lab/network/relay.ts"
import { makeNetworkedAgent } from "./networkedAgent.ts"

// The real daemon and the real control plane, in two network namespaces with a cable between them that is anything but
// reliable. Commands are carried out and the host changes while it is so; everything that was promised arrives, once.

/** A round of the heartbeat may take this long here, and then a slot follows. */
const twoBeatsSeconds = 2 * Duration.toSeconds(shortestBeatRound)

/** What a busy machine may add. */
const slackSeconds = 20

const long = process.env["PATCHCTL_LONG"] === "1"

const lay = Effect.gen(function* () {
  const agent = yield* makeNetworkedAgent(process.pid % 250)
  yield* agent.arrived(yield* agent.queue)
  yield* eventually(
    "the first scan arrives",
    Effect.option(agent.operator.scan({ params: agent })),
    Option.isSome,
  )
  return { ...agent, idle: { files: yield* agent.openFiles, memory: yield* memoryOf(agent.daemon.pid) } }
})

class Pair extends Context.Service<Pair, Effect.Success<typeof lay>>()("patchctl/test/system/network/Pair") {
  static readonly layer = Layer.effect(
    Pair,
    Effect.suspend(() => lay),
  ).pipe(Layer.provideMerge(Programs.layer))
}

type World = Pair | Programs | FileSystem.FileSystem

/** What is wrong with the way, from its beginning to its end. */
interface Fault<E, R> {
  readonly begin: Effect.Effect<unknown, E, R>
  readonly end: Effect.Effect<unknown, E, R>
}

const packets = (fault: PacketFault) =>
  Effect.map(Pair, ({ network }): Fault<unknown, never> => ({
    begin: network.packets(fault),
    end: network.packets("pass"),
  }))

/**
 * Commands are under way when the fault begins, and the host changes while it lasts. The results that wait arrive within
 * two beats of its end, and then all others.
 */
const outage = Effect.fnUntraced(function* <E, R, E2 = never, R2 = never>(
  fault: Fault<E, R>,
  meanwhile: Effect.Effect<unknown, E2, R2> = Effect.void,
) {
  const { queue, begun, changeInventory, failures, home, daemon, arrived, seconds } = yield* Pair
  const ids = yield* queue
  yield* eventually("the first is begun", begun, (commands) => commands.some(({ id }) => id === ids[0]))
  const promised = yield* Effect.gen(function* () {
    yield* fault.begin
    yield* changeInventory
    yield* eventually("a beat is lost", failures, (count) => count > 0)
    yield* home.says("a result waits", daemon.pid, ({ pendingResults }) => pendingResults > 0)
    yield* meanwhile
    return (yield* begun).filter(({ finished }) => finished === 1).map(({ id }) => id)
  }).pipe(Effect.ensuring(Effect.orDie(fault.end)))
  const recovery = yield* seconds
  yield* arrived(promised)
  assert.isBelow((yield* seconds) - recovery, twoBeatsSeconds + slackSeconds)
  yield* arrived(ids)
})

/** The way is bad, but passable: everything arrives while it is so. */
const hardship = Effect.fnUntraced(function* <E, R>(fault: Fault<E, R>) {
  const { queue, changeInventory, arrived } = yield* Pair
  yield* Effect.gen(function* () {
    yield* fault.begin
    const ids = yield* queue
    yield* changeInventory
    yield* arrived(ids)
  }).pipe(Effect.ensuring(Effect.orDie(fault.end)))
})

const withLogs = <A, E, R>(test: Effect.Effect<A, E, R>) =>
  Effect.flatMap(Programs, (programs) => programs.withLogs(test))

layer(Pair.layer, { excludeTestServices: true, timeout: "3 minutes" })("an agent on a bad network", (it) => {
  const holds = (name: string, test: Effect.Effect<unknown, unknown, World>) =>
    it.effect(name, () => withLogs(test), long ? 1_200_000 : 300_000)
  const holdsLong = (name: string, test: Effect.Effect<unknown, unknown, World>) =>
    long ? holds(name, test) : undefined

  holds(
    "gets through loss, delay, jitter and a narrow line",
    Effect.gen(function* () {
      const { network, straight } = yield* Pair
      yield* hardship({
        begin: Effect.all([
          network.packets("oneInFiveLost"),
          network.line({ ...straight, delayMilliseconds: 150, jitterMilliseconds: 100 }),
          network.rate(256),
        ]),
        end: Effect.all([network.packets("pass"), network.line(straight), network.rate(undefined)]),
      })
    }),
  )

  holds(
    "outlives a black hole",
    Effect.flatMap(packets("blackHole"), (fault) => outage(fault)),
  )

  holds(
    "delivers once what the server has taken without being able to say so",
    Effect.gen(function* () {
      const { network, straight, finished, queued } = yield* Pair
      const { length } = queued
      yield* outage(
        { begin: network.line({ ...straight, loseAnswers: true }), end: network.line(straight) },
        eventually("the server has the first result", finished, (known) =>
          queued.slice(length, length + 1).every((id) => known.includes(id)),
        ),
      )
    }),
  )

  holds(
    "delivers what was lost with a server that was killed, to the one that follows",
    Effect.gen(function* () {
      const { killServer, startServer } = yield* Pair
      yield* outage({ begin: killServer, end: startServer })
    }),
  )

  holds(
    "outlives a resolver that knows nothing, then does not answer",
    Effect.gen(function* () {
      const { network, resolves } = yield* Pair
      yield* outage(
        {
          begin: Effect.andThen(network.line({ to: { host: "127.0.0.1", port: 1 } }), resolves(false)),
          end: Effect.andThen(
            network.line((yield* Pair).straight),
            Effect.andThen(resolves(true), network.packets("pass")),
          ),
        },
        network.packets("lostOnTheWayThere"),
      )
    }),
  )
  holds(
    "takes no half or altered answer, sends nothing to an impostor, and is not held up by one that is trusted",
    Effect.gen(function* () {
      const { network, straight, impostor, deceived, daemon, failures, seconds } = yield* Pair
      const failsOver = Effect.fnUntraced(function* (line: Line) {
        yield* network.line(line)
        const before = yield* failures
        yield* eventually("two more beats are lost", failures, (count) => count >= before + 2)
      })
      const meets = Effect.fnUntraced(function* (
        name: "untrusted" | "oldTls" | "huge" | "drip",
        says: string,
      ) {
        const told = (yield* daemon.stderr).length
        yield* network.line(impostor(name))
        const since = yield* seconds
        yield* eventually(`the log says ${says}`, daemon.stderr, (log) => log.slice(told).includes(says))
        assert.isBelow((yield* seconds) - since, twoBeatsSeconds + slackSeconds)
      })
      yield* outage(
        { begin: network.line(impostor("untrusted")), end: network.line(straight) },
        Effect.gen(function* () {
          yield* failsOver({ ...straight, closeAfterBytes: 1500 })
          yield* failsOver({ ...straight, corruptPiece: 2 })
          yield* meets("oldTls", "does not offer TLS 1.3")
          yield* meets("untrusted", "presents a self-signed certificate")
          yield* meets("huge", "the answer has more than 1 MiB")
          yield* meets("drip", "the beat took longer than its interval")
        }),
      )
      assert.deepStrictEqual(yield* deceived, new Set(["huge", "drip"]))
    }),
  )

  holdsLong(
    "gets through 64 kbit/s",
    Effect.gen(function* () {
      const { network } = yield* Pair
      yield* hardship({ begin: network.rate(64), end: network.rate(undefined) })
    }),
  )
  holdsLong(
    "outlives connections that are reset",
    Effect.flatMap(packets("reset"), (fault) => outage(fault)),
  )
  holdsLong(
    "outlives connections that come about and are silent",
    Effect.flatMap(packets("silence"), (fault) => outage(fault)),
  )
  holdsLong(
    "outlives packets that are lost one way: there",
    Effect.flatMap(packets("lostOnTheWayThere"), (fault) => outage(fault)),
  )
  holdsLong(
    "outlives packets that are lost one way: back",
    Effect.flatMap(packets("lostOnTheWayBack"), (fault) => outage(fault)),
  )
  holdsLong(
    "outlives a server that is killed again and again",
    Effect.gen(function* () {
      const { killServer, startServer, network, straight } = yield* Pair
      yield* network.line({ ...straight, delayMilliseconds: 300 })
      for (let round = 0; round < 8; round++) yield* outage({ begin: killServer, end: startServer })
      yield* network.line(straight)
    }),
  )

  holds(
    "has carried out each command once, delivered each result and the newest inventory, and kept itself small",
    Effect.gen(function* () {
      const { agentId, home, daemon, operator, queued, begun, installed, idle, openFiles } = yield* Pair
      const params = { agentId }
      const names = Array.from({ length: installed() }, (_, n) => `patchctl-lab-${n + 1}`)
      const has = Effect.map(operator.scan({ params }), ({ packages }) =>
        packages.map(({ name }) => String(name)).filter((name) => name.startsWith("patchctl-lab-")),
      )
      yield* eventually(
        "the newest inventory arrives",
        has,
        ({ length }) => length === names.length,
        "2 minutes",
      )
      assert.sameMembers([...(yield* has)], names)

      assert.deepStrictEqual(
        (yield* begun).map(({ id, finished }) => [id, finished]),
        queued.map((id) => [id, 1]),
      )
      const { audit } = yield* home.ledger
      assert.deepStrictEqual(
        audit.filter(({ event }) => event === "started").map(({ id }) => id),
        queued,
      )
      const records = yield* operator.commands({ params })
      assert.sameMembers(
        records.map(({ commandId }) => commandId),
        queued,
      )
      for (const { commandId, result } of records) {
        assert.strictEqual(result?.commandId, commandId)
        assert.include(["succeeded", "partial"], result?.status)
      }
      const [server, ...others] = yield* operator.servers()
      assert.deepStrictEqual(others, [])
      assert.isFalse(server?.cloneSuspected)
      yield* home.says("nothing waits", daemon.pid, ({ pendingResults }) => pendingResults === 0)

      yield* eventually("no file is left open", openFiles, (count) => count <= idle.files + 2)
      assert.isBelow((yield* memoryOf(daemon.pid)).most, idle.memory.most + 48)
      // A lost beat or scan is one line, however often it was tried.
      assert.isBelow((yield* daemon.stderr).length, (long ? 4 : 1) * 100_000)
    }),
  )
})
