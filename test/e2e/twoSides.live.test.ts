import { assert, layer } from "@effect/vitest"
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import { createConnection } from "node:net"
import { connectExecutor } from "../../src/command/connectExecutor.ts"
import { ExecutorClient } from "../../src/command/ExecutorClient.ts"
import * as NodeUnixSocket from "../../src/host/NodeUnixSocket.ts"
import { ExecutorEvent } from "../../src/protocol/ExecutorMessages.ts"
import { appears, eventually } from "../eventually.ts"
import { claims, commandId, makeSigner } from "../fakes/CommandSigning.ts"
import { enrolledAs, makeAgentHome } from "./AgentProcess.ts"
import { ControlPlaneProcess } from "./ControlPlaneProcess.ts"
import { Programs } from "./Programs.ts"

const withLogs = <A, E, R>(test: Effect.Effect<A, E, R>) =>
  Effect.flatMap(Programs, (programs) => programs.withLogs(test))

const decodeEvents = Schema.decodeUnknownEffect(Schema.Array(Schema.fromJsonString(ExecutorEvent)))
const json = Schema.encodeSync(Schema.fromJsonString(Schema.Unknown))

/** Executors behind a real socket, each with the connection as its stdin and stdout. */
const behindSocket = Effect.gen(function* () {
  const signer = yield* makeSigner
  const home = yield* makeAgentHome({}, "socket")
  const client = Context.get(
    yield* Layer.build(connectExecutor(home.socket).pipe(Layer.provide(NodeUnixSocket.layer))),
    ExecutorClient,
  )
  yield* client.pin(signer.anchor)
  const now = Math.floor((yield* Clock.currentTimeMillis) / 1000)
  const order = (number: number) =>
    signer.seal(
      claims(number, { name: "health_check", parameters: {} }, { iat: now, nbf: now, exp: now + 3600 }),
    )
  const execute = (envelope: string) => client.execute(envelope, () => Effect.void)
  return { home, client, order, execute, now }
})

/** Writes to the socket as it likes, reads nothing for a while, and gives what had been written at the end. */
const converse = (path: string, input: string, readAfter: "at once" | "half a second") =>
  Effect.callback<string>((resume) => {
    const socket = createConnection({ path, allowHalfOpen: true })
    let output = ""
    socket.setEncoding("utf8")
    socket.write(input)
    const read = () => socket.on("data", (text: string) => (output += text))
    if (readAfter === "at once") read()
    else setTimeout(read, 500)
    socket.on("close", () => resume(Effect.succeed(output)))
    socket.on("end", () => socket.end())
    return Effect.sync(() => socket.destroy())
  })

layer(Programs.layer, { excludeTestServices: true })("executors behind a socket", (it) => {
  it.effect("carry out a command once, and answer it again over another connection", () =>
    Effect.gen(function* () {
      const { home, order, execute } = yield* behindSocket
      const envelope = yield* order(1)
      const first = yield* execute(envelope)
      assert.strictEqual(first.commandId, commandId(1))
      assert.include(["succeeded", "partial"], first.status)
      assert.deepStrictEqual(yield* execute(envelope), first)
      assert.lengthOf((yield* home.ledger).commands, 1)
      assert.lengthOf(yield* home.executors, 3)
    }).pipe(withLogs),
  )

  it.effect("answer a scan's questions in full, also to somebody who reads late", () =>
    Effect.gen(function* () {
      const { home, client } = yield* behindSocket
      const managers = yield* client.collect("never")
      const request = { name: "collect", parameters: { refresh: "never" } }
      const late = yield* converse(
        home.socket,
        `${json({ kind: "local", operation: request })}\n`,
        "half a second",
      )
      const [event] = yield* decodeEvents(late.trim().split("\n"))
      assert.strictEqual(event?.kind, "collected")
      assert.deepStrictEqual(
        event?.kind === "collected" ? event.managers.map(({ packages }) => packages.length) : [],
        managers.map(({ packages }) => packages.length),
      )
    }).pipe(withLogs),
  )

  it.effect("go on when whoever asked has gone, and have the result for whoever asks again", () =>
    Effect.gen(function* () {
      const { home, order, execute } = yield* behindSocket
      const envelope = yield* order(1)
      yield* Effect.callback<void>((resume) => {
        const socket = createConnection({ path: home.socket }, () =>
          socket.write(`${json({ kind: "command", envelope })}\n`, () => {
            socket.destroy()
            resume(Effect.void)
          }),
        )
      })
      yield* appears(
        "the command is finished",
        Effect.map(Effect.option(home.ledger), (ledger) =>
          Option.filter(ledger, ({ commands }) => commands.some(({ finished }) => finished === 1)),
        ),
      )
      const { audit } = yield* home.ledger
      assert.include(["succeeded", "partial"], (yield* execute(envelope)).status)
      assert.deepStrictEqual((yield* home.ledger).audit, audit)
    }).pipe(withLogs),
  )

  it.effect("answer the first request of a connection and no other", () =>
    Effect.gen(function* () {
      const { home, order } = yield* behindSocket
      const lines = [yield* order(1), yield* order(2)].map((envelope) => json({ kind: "command", envelope }))
      const output = yield* converse(home.socket, `${lines.join("\n")}\n`, "at once")
      const events = yield* decodeEvents(output.trim().split("\n"))
      assert.deepStrictEqual(
        events.map((event) => (event.kind === "result" ? event.result.commandId : event.kind)),
        [commandId(1)],
      )
      assert.lengthOf((yield* home.ledger).commands, 1)
    }).pipe(withLogs),
  )

  it.effect("say that nothing was run when their ledger is damaged, and still look at packages", () =>
    Effect.gen(function* () {
      const files = yield* FileSystem.FileSystem
      const { home, client, order, execute } = yield* behindSocket
      const path = `${home.executor}/executor.sqlite`
      yield* files.remove(`${path}-wal`, { force: true })
      yield* files.writeFileString(path, "no database at all ".repeat(500))
      const error = yield* Effect.flip(execute(yield* order(1)))
      assert.include(error.message, "is damaged")
      assert.include(yield* files.readFileString(path), "no database at all")
      yield* client.collect("never")
    }).pipe(withLogs),
  )
})

const lab = ControlPlaneProcess.layer.pipe(Layer.provideMerge(Programs.layer))

layer(lab, { excludeTestServices: true })("a daemon and its executor", (it) => {
  it.effect(
    "work together over a socket: keys are pinned, commands carried out, keys readable and ledger not",
    () =>
      Effect.gen(function* () {
        const files = yield* FileSystem.FileSystem
        const { keys, queue, resultOf } = yield* ControlPlaneProcess
        const home = yield* makeAgentHome(keys, "socket")
        const daemon = yield* home.start()
        const agentId = yield* enrolledAs(home, daemon.pid)
        const result = yield* resultOf(
          yield* queue(agentId, { name: "check_updates", parameters: { refresh: "never" } }),
        )
        assert.include(["succeeded", "partial"], result.status)
        assert.isAtLeast((yield* home.executors).length, 2)
        assert.include(yield* daemon.stderr, "executor=socket")
        const modeOf = (path: string) =>
          Effect.map(files.stat(path), ({ mode }) => (mode & 0o777).toString(8))
        assert.deepStrictEqual(
          yield* Effect.forEach(["", "/trust.json", "/executor.sqlite"], (name) =>
            modeOf(`${home.executor}${name}`),
          ),
          ["755", "644", "600"],
        )
        assert.isFalse(yield* files.exists(`${home.state}/trust.json`))
      }).pipe(withLogs),
  )

  it.effect("pin the keys again when an administrator has removed them", () =>
    Effect.gen(function* () {
      const files = yield* FileSystem.FileSystem
      const { keys, queue, resultOf } = yield* ControlPlaneProcess
      const home = yield* makeAgentHome(keys)
      const daemon = yield* home.start()
      const agentId = yield* enrolledAs(home, daemon.pid)
      yield* files.remove(`${home.executor}/trust.json`)
      yield* eventually("the keys are pinned again", files.exists(`${home.executor}/trust.json`), (is) => is)
      const id = yield* queue(agentId, { name: "health_check", parameters: {} })
      assert.include(["succeeded", "partial"], (yield* resultOf(id)).status)
    }).pipe(withLogs),
  )
})
