import { assert, layer } from "@effect/vitest"
import * as Clock from "effect/Clock"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import type { CommandResult } from "../../src/domain/Command.ts"
import { idOfUntrusted } from "../../src/executor/verifyEnvelope.ts"
import { envelopeLimitBytes } from "../../src/protocol/CommandEnvelope.ts"
import { claims, commandId } from "../fakes/CommandSigning.ts"
import { hostileEnvelopes } from "../fakes/hostileEnvelopes.ts"
import { eventually } from "../eventually.ts"
import { Programs } from "./Programs.ts"
import { Siege } from "./Siege.ts"

const withLogs = <A, E, R>(test: Effect.Effect<A, E, R>) =>
  Effect.flatMap(Programs, (programs) => programs.withLogs(test))

const nowSeconds = Effect.map(Clock.currentTimeMillis, (now) => Math.floor(now / 1000))

const brief = ({ commandId: id, status, refusal }: CommandResult) => `${id} ${status} ${refusal?.code}`

layer(Siege.layer, { excludeTestServices: true })("an agent whose control plane sends bad commands", (it) => {
  it.effect(
    "runs none of them, and the reason comes back in a later beat",
    () =>
      Effect.gen(function* () {
        const { server, home, unharmed } = yield* Siege
        const huge = "x".repeat(envelopeLimitBytes + 40_000)
        const hostile = [
          ...(yield* hostileEnvelopes(server.signer, yield* nowSeconds)),
          { envelope: huge, id: idOfUntrusted(huge.slice(0, envelopeLimitBytes + 1)), code: "invalid" },
        ]
        yield* server.offer((answered) =>
          hostile.flatMap(({ id, envelope }) => (answered.has(id) ? [] : [envelope])),
        )
        const results = yield* eventually(
          "a result of each",
          server.results,
          (seen) => hostile.every(({ id }) => seen.some((result) => result.commandId === id)),
          "2 minutes",
        )
        yield* server.offer(() => [])

        const ids: Array<string> = hostile.map(({ id }) => id)
        assert.deepStrictEqual(
          ids.map((id) => results.filter((result) => result.commandId === id).map(brief)[0]),
          hostile.map(({ id, code }) => `${id} refused ${code}`),
        )
        const { commands, audit } = yield* home.ledger
        assert.notIncludeMembers(
          commands.map(({ id }) => id),
          ids,
        )
        assert.includeMembers(
          audit.map(({ id, event }) => `${event} ${id}`),
          ids.map((id) => `refused ${id}`),
        )
        yield* unharmed
      }).pipe(withLogs),
    150_000,
  )

  it.effect(
    "runs a good one once, however often it is delivered",
    () =>
      Effect.gen(function* () {
        const { server, home, beatsOn, unharmed } = yield* Siege
        const now = yield* nowSeconds
        const good = claims(
          100,
          { name: "health_check", parameters: {} },
          { iat: now, nbf: now, exp: now + 3600 },
        )
        const envelope = yield* server.signer.seal(good)
        const mine = Effect.map(server.results, (seen) =>
          seen.filter((result) => result.commandId === good.jti),
        )
        yield* server.offer(() => [envelope, envelope, envelope])
        yield* eventually("a result", mine, ({ length }) => length >= 1)
        // The same command under a new signature is a repetition, too.
        const resigned = yield* server.signer.seal({ ...good, exp: now + 1800 })
        yield* server.offer(() => [envelope, resigned])
        yield* eventually("results of repetitions", mine, ({ length }) => length >= 3)
        yield* server.offer(() => [])
        yield* beatsOn(1)

        const moments = (yield* mine).map(({ startedAt }) => DateTime.formatIso(startedAt))
        assert.lengthOf(new Set(moments), 1)
        const { commands, audit } = yield* home.ledger
        assert.lengthOf(
          commands.filter(({ id }) => id === commandId(100)),
          1,
        )
        assert.deepStrictEqual(
          audit.flatMap(({ id, event }) => (id === good.jti ? [event] : [])),
          ["received", "started", "finished"],
        )
        yield* unharmed
      }).pipe(withLogs),
    120_000,
  )
})
