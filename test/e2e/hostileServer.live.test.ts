import { assert, layer } from "@effect/vitest"
import * as Effect from "effect/Effect"
import type { ServerResponse } from "node:http"
import { gzipSync } from "node:zlib"
import { json, problem } from "../fakes/MisbehavingServer.ts"
import { eventually } from "../eventually.ts"
import { Programs } from "./Programs.ts"
import { Siege } from "./Siege.ts"

const withLogs = <A, E, R>(test: Effect.Effect<A, E, R>) =>
  Effect.flatMap(Programs, (programs) => programs.withLogs(test))

/** Answers beats like this until `passed`, then well, and gives the moments of all beats since the first such answer. */
const misbehave = Effect.fnUntraced(function* <E, R>(
  answer: (response: ServerResponse) => void,
  passed: Effect.Effect<unknown, E, R>,
) {
  const { server, beatsOn, unharmed } = yield* Siege
  const before = (yield* server.beats).length
  yield* server.answerBeats(answer)
  yield* passed
  yield* server.behave
  yield* beatsOn(2)
  yield* unharmed
  return (yield* server.beats).slice(before).map(({ at }) => at)
})

/** So many beats are answered like this. */
const tries = (count: number) => Effect.flatMap(Siege, ({ beatsOn }) => beatsOn(count))

/** The log says this of the answer. */
const complaint = Effect.fnUntraced(function* (text: string) {
  const { daemon } = yield* Siege
  const told = (yield* daemon.stderr).length
  yield* eventually(`the log says ${text}`, daemon.stderr, (log) => log.slice(told).includes(text))
})

layer(Siege.layer, { excludeTestServices: true })("an agent whose control plane misbehaves", (it) => {
  const megabytes = (count: number) => Buffer.alloc(count * 1024 * 1024, " ")
  const bomb = gzipSync(megabytes(100))
  const chunk = megabytes(1)

  it.effect(
    "tries again in the same round after a 500 or half of a reply",
    () =>
      Effect.gen(function* () {
        yield* misbehave((response) => json(response, {}, 500), tries(2))
        yield* misbehave(
          (response) => response.writeHead(200, { "content-type": "application/json" }).end('{"commands": ['),
          tries(2),
        )
      }).pipe(withLogs),
    60_000,
  )

  it.effect(
    "waits as long as 429 asks for, and no longer",
    () =>
      Effect.gen(function* () {
        const waitSeconds = 4
        const [first = 0, second = 0] = yield* misbehave(
          (response) =>
            problem(response, 429, "too_many_requests", {
              headers: { "retry-after": String(waitSeconds) },
            }),
          tries(1),
        )
        assert.isAtLeast(second - first, waitSeconds * 1000 - 50)
      }).pipe(withLogs),
    60_000,
  )

  it.effect(
    "breaks off a reply without an end",
    () =>
      misbehave((response) => {
        const more = () => void (response.destroyed || response.write(chunk, more))
        response.on("error", () => undefined).writeHead(200)
        more()
      }, complaint("response too large: the answer has more than 1 MiB")).pipe(withLogs),
    60_000,
  )

  it.effect(
    "does not unpack 100 MiB that came as 100 KiB",
    () =>
      misbehave(
        (response) => response.writeHead(200, { "content-encoding": "gzip" }).end(bomb),
        complaint("response too large: the answer has more than 8 MiB when decompressed"),
      ).pipe(withLogs),
    60_000,
  )

  it.effect(
    "gives up a silent server in time for another beat, and logs no secret",
    () =>
      Effect.gen(function* () {
        const { daemon } = yield* Siege
        yield* misbehave(() => undefined, complaint("the beat took longer than its interval"))
        const log = yield* daemon.stderr
        assert.include(log, "event=heartbeat.lost")
        assert.notInclude(log, "pk_live_")
      }).pipe(withLogs),
    60_000,
  )
})
