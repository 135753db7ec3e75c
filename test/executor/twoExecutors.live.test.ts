import { assert, layer } from "@effect/vitest"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import { installerLock } from "../../src/executor/InstallerMessages.ts"
import { lockFile } from "../../src/store/Database.ts"
import { ExecutorEvent } from "../../src/protocol/ExecutorMessages.ts"
import { makeAgentHome } from "../e2e/AgentProcess.ts"
import { Programs } from "../e2e/Programs.ts"
import { claims, commandId, makeSigner } from "../fakes/CommandSigning.ts"
import * as FakeManagers from "../fakes/FakeManagers.ts"
import { ledgerIn } from "../store/ledgerWorld.ts"
import { deadExecutor, leftBehind, somePlan } from "./executorWorld.ts"

// Real processes, each with its own connection to one ledger, as a daemon that is restarted again and again leaves them.

const encodeLine = Schema.encodeSync(Schema.fromJsonString(Schema.Unknown))
const decodeEvent = Schema.decodeUnknownOption(Schema.fromJsonString(ExecutorEvent))

layer(Programs.layer, { excludeTestServices: true })("executors that are started at once", (it) => {
  it.effect("carry out each command once, and tell one result of it", () =>
    Effect.gen(function* () {
      const home = yield* makeAgentHome({})
      const signer = yield* makeSigner
      const ask = Effect.fnUntraced(function* (request: unknown) {
        const { stdout, stderr } = yield* home.run(["execute"], { stdin: `${encodeLine(request)}\n` })
        const last = stdout
          .split("\n")
          .flatMap((line) => Option.toArray(decodeEvent(line)))
          .at(-1)
        return last ?? assert.fail(stderr)
      })
      yield* ask({ kind: "pin", anchor: signer.anchor })
      const iat = Math.floor((yield* Clock.currentTimeMillis) / 1000)
      const order = (number: number) =>
        signer.seal(
          claims(number, { name: "health_check", parameters: {} }, { iat, nbf: iat, exp: iat + 3600 }),
        )
      const envelopes = [yield* order(1), yield* order(2)]
      const asked = [...envelopes, ...envelopes, ...envelopes]
      const told = yield* Effect.forEach(asked, (envelope) => ask({ kind: "command", envelope }), {
        concurrency: "unbounded",
      })
      for (const event of told) {
        if (event.kind !== "unavailable") assert.strictEqual(event.kind, "result", encodeLine(event))
        else assert.match(event.detail, /is still being carried out by an executor/)
      }
      const results = told.flatMap((event) => (event.kind === "result" ? [event.result] : []))
      assert.isNotEmpty(results)
      for (const [at, envelope] of envelopes.entries()) {
        const final = yield* ask({ kind: "command", envelope })
        assert.strictEqual(final.kind, "result")
        for (const result of results.filter(({ commandId: id }) => id === commandId(at + 1))) {
          assert.deepStrictEqual(final, { kind: "result", result })
        }
      }
      // The one that was overtaken by a higher counter is refused, and runs not even once.
      const { audit } = yield* home.ledger
      const events = [1, 2].map((number) =>
        audit
          .filter(({ id }) => id === commandId(number))
          .map(({ event }) => event)
          .join(" "),
      )
      assert.strictEqual(events[1], "received started finished")
      assert.include(["received started finished", "refused"], events[0])
    }).pipe(Effect.scoped),
  )

  it.effect("wait for an installer that another left behind, and so does a second installer", () =>
    Effect.gen(function* () {
      const home = yield* makeAgentHome({})
      const signer = yield* makeSigner
      yield* home.run(["execute"], { stdin: `${encodeLine({ kind: "pin", anchor: signer.anchor })}\n` })
      yield* Effect.gen(function* () {
        const plan = yield* somePlan
        const entry = yield* leftBehind({ id: commandId(1), executor: yield* deadExecutor(60) })
        yield* entry.planned(plan)
        yield* lockFile(installerLock(home.executor))
        const iat = Math.floor((yield* Clock.currentTimeMillis) / 1000)
        const health = { name: "health_check", parameters: {} }
        const envelope = yield* signer.seal(claims(2, health, { iat, nbf: iat, exp: iat + 3600 }))
        const executed = yield* home.run(["execute"], {
          stdin: `${encodeLine({ kind: "command", envelope })}\n`,
        })
        assert.match(executed.stdout, /"kind":"unavailable".* its package transaction is still at work/)
        const request = { executor: "", manager: "apt", plan, options: { repair: false, missing: [] } }
        const applied = yield* home.run(["apply"], { stdin: `${encodeLine(request)}\n` })
        assert.match(applied.stdout, /another installer is at work/)
      }).pipe(Effect.provide([ledgerIn(`${home.executor}/executor.sqlite`), FakeManagers.layer]))
    }).pipe(Effect.scoped),
  )
})
