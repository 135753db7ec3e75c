import { assert, layer } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Layer from "effect/Layer"
import * as Schema from "effect/Schema"
import { TrustAnchor } from "../../src/protocol/TrustAnchor.ts"
import { eventually } from "../eventually.ts"
import { type AgentHome, enrolledAs, isBeating, makeAgentHome } from "./AgentProcess.ts"
import { ControlPlaneProcess } from "./ControlPlaneProcess.ts"
import { Programs } from "./Programs.ts"

const withLogs = <A, E, R>(test: Effect.Effect<A, E, R>) =>
  Effect.flatMap(Programs, (programs) => programs.withLogs(test))

const decodeAnchor = Schema.decodeUnknownEffect(Schema.fromJsonString(TrustAnchor))

const pinnedIn = (home: AgentHome) =>
  Effect.flatMap(FileSystem.FileSystem, (files) =>
    Effect.flatMap(files.readFileString(`${home.executor}/trust.json`), decodeAnchor),
  )

const follows = (home: AgentHome, generation: number) =>
  eventually(
    `the keys of generation ${generation}`,
    pinnedIn(home),
    (anchor) => anchor.generation === generation,
  )

const lab = ControlPlaneProcess.layer.pipe(Layer.provideMerge(Programs.layer))

layer(lab, { excludeTestServices: true })("a change of command keys", (it) => {
  it.effect("is followed by agents that are there, that were away, and that come later; commands go on", () =>
    Effect.gen(function* () {
      const { keys, queue, resultOf, rotateKey } = yield* ControlPlaneProcess
      const home = yield* makeAgentHome(keys)
      const first = yield* home.start()
      const agentId = yield* enrolledAs(home, first.pid)
      const original = yield* pinnedIn(home)
      assert.isUndefined(original.generation)
      const carriedOut = Effect.gen(function* () {
        const id = yield* queue(agentId, { name: "health_check", parameters: {} })
        const { status } = yield* resultOf(id)
        assert.include(["succeeded", "partial"], status)
      })

      assert.strictEqual((yield* rotateKey).exitCode, 0)
      yield* carriedOut
      const changed = yield* follows(home, 1)
      assert.notDeepEqual(changed.commandKeys, original.commandKeys)

      yield* first.signal("SIGTERM")
      yield* first.end
      // Signed with a key that will be gone when it is delivered.
      const waiting = yield* queue(agentId, { name: "health_check", parameters: {} })
      assert.strictEqual((yield* rotateKey).exitCode, 0)
      assert.strictEqual((yield* rotateKey).exitCode, 0)
      const second = yield* home.start()
      assert.include(["succeeded", "partial"], (yield* resultOf(waiting)).status)
      const latest = yield* follows(home, 3)
      yield* carriedOut
      const { audit } = yield* home.ledger
      assert.deepStrictEqual(
        audit.flatMap(({ event, outcome }) =>
          event === "rotated" || event === "refused" ? [`${event} ${outcome}`] : [],
        ),
        ["rotated generation 1", "rotated generation 2", "rotated generation 3"],
      )

      const newcomer = yield* makeAgentHome(keys)
      const daemon = yield* newcomer.start()
      yield* newcomer.says("the newcomer beats", daemon.pid, isBeating)
      assert.deepStrictEqual((yield* pinnedIn(newcomer)).commandKeys, latest.commandKeys)
      assert.strictEqual((yield* pinnedIn(newcomer)).generation, 3)
      assert.notInclude(yield* daemon.stderr, "keys.")
      yield* second.signal("SIGTERM")
    }).pipe(withLogs),
  )

  it.effect("is followed by an agent that has to enrol again after it", () =>
    Effect.gen(function* () {
      const files = yield* FileSystem.FileSystem
      const { keys, rotateKey } = yield* ControlPlaneProcess
      const home = yield* makeAgentHome(keys)
      const first = yield* home.start()
      yield* enrolledAs(home, first.pid)
      const { generation = 0 } = yield* pinnedIn(home)
      yield* first.signal("SIGTERM")
      yield* first.end
      // Its identity is lost, its keys are not.
      for (const name of ["", "-wal", "-shm"]) {
        yield* files.remove(`${home.state}/agent.sqlite${name}`, { force: true })
      }
      yield* rotateKey
      const second = yield* home.start()
      yield* enrolledAs(home, second.pid)
      yield* follows(home, generation + 1)
    }).pipe(withLogs),
  )
})
