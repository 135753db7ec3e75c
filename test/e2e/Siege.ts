import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { assert } from "@effect/vitest"
import { makePkiWithFile } from "../fakes/caFile.ts"
import { startHostile } from "../fakes/HostileControlPlane.ts"
import { enrolledAs, makeAgentHome, memoryOf } from "./AgentProcess.ts"
import { eventually } from "../eventually.ts"
import { Programs } from "./Programs.ts"

/** An agent beats every second here; a round that gets no answer may take `shortestBeatRound`, then a slot follows. */
const longestGapMilliseconds = 10_000 + 1000

/** What a busy machine may add. */
const slackMilliseconds = 4000

/** A body, unpacked or endless, that were all of it kept would not stay below this. */
const memoryAllowanceMebibytes = 128

/** One daemon that has enrolled with a hostile control plane, for all tests: each leaves it beating. */
export class Siege extends Context.Service<Siege, Effect.Success<typeof lay>>()("patchctl/test/e2e/Siege") {
  static readonly layer = Layer.effect(
    Siege,
    Effect.suspend(() => lay),
  ).pipe(Layer.provideMerge(Programs.layer))
}

const lay = Effect.gen(function* () {
  const pki = yield* makePkiWithFile
  const server = yield* startHostile(pki.server)
  const home = yield* makeAgentHome({ api_url: server.url, ca_file: pki.ca })
  const daemon = yield* home.start()
  yield* enrolledAs(home, daemon.pid)
  yield* home.says(
    "the first scan is finished and delivered",
    daemon.pid,
    ({ lastScan }) => lastScan !== undefined,
  )
  const idle = yield* memoryOf(daemon.pid)

  /** Waits until so many more beats were answered well. */
  const beatsOn = Effect.fnUntraced(function* (count: number) {
    const before = (yield* server.beats).length
    yield* eventually(`${count} more beats`, server.beats, ({ length }) => length >= before + count)
  })

  /** The promises that no misbehaviour may break. */
  const unharmed = Effect.gen(function* () {
    const at = (yield* server.beats).map((seen) => seen.at)
    const gaps = at.slice(1).map((moment, index) => moment - (at[index] ?? moment))
    assert.isBelow(Math.max(...gaps), longestGapMilliseconds + slackMilliseconds)
    assert.isBelow((yield* memoryOf(daemon.pid)).most, idle.most + memoryAllowanceMebibytes)
  })
  return { server, home, daemon, beatsOn, unharmed }
})
