import { assert, layer } from "@effect/vitest"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Schema from "effect/Schema"
import { DatabaseSync } from "node:sqlite"
import { executorDirectory } from "../../src/config/executorDirectory.ts"
import { ExecutorEvent } from "../../src/protocol/ExecutorMessages.ts"
import { agentRenamingType } from "../../src/protocol/AgentRenaming.ts"
import {
  agentId,
  claims,
  commandId,
  issuer,
  makeSigner,
  organization,
  otherAgentId,
} from "../fakes/CommandSigning.ts"
import { makeAgentHome } from "./AgentProcess.ts"
import { Programs } from "./Programs.ts"

const witness = new URL("witness.ts", import.meta.url)

const decodeEvents = Schema.decodeUnknownEffect(Schema.Array(Schema.fromJsonString(ExecutorEvent)))
const json = JSON.stringify

/** That this host is another agent now, in the words of whoever signs it. */
const renaming = (signer: Effect.Success<typeof makeSigner>) =>
  signer.seal(
    { iss: issuer, iat: 0, organization, from: agentId, to: otherAgentId },
    { typ: agentRenamingType },
  )

/** An executor program as whoever took over the daemon's user can reach it: nothing but its stdin. */
const takenOver = Effect.gen(function* () {
  const files = yield* FileSystem.FileSystem
  const signer = yield* makeSigner
  const home = yield* makeAgentHome({})
  const now = Math.floor((yield* Clock.currentTimeMillis) / 1000)

  const say = Effect.fnUntraced(function* (stdin: string | Uint8Array) {
    const file = yield* files.makeTempFileScoped()
    const ended = yield* home.run(["execute"], {
      stdin,
      node: ["--import", witness.href],
      env: { WITNESS_FILE: file },
    })
    const events = yield* decodeEvents(ended.stdout.split("\n").filter((line) => line !== ""))
    const testimony = yield* files.readFileString(file)
    return {
      exitCode: ended.exitCode,
      answer: events.map((event) => (event.kind === "result" ? event.result.status : event.kind)).join(),
      hasStarted: testimony.includes('"started"'),
    }
  }, Effect.scoped)

  const command = (number: number) =>
    Effect.map(
      signer.seal(
        claims(
          number,
          { name: "get_package_info", parameters: { packages: ["bash"] } },
          { iat: now, nbf: now, exp: now + 3600 },
        ),
      ),
      (envelope) => json({ kind: "command", envelope }),
    )

  /** Which commands the ledger knows. */
  const begun = Effect.sync(() => {
    const db = new DatabaseSync(`${executorDirectory(home.state)}/executor.sqlite`, { readOnly: true })
    try {
      return db
        .prepare("SELECT id FROM commands ORDER BY id")
        .all()
        .map((row) => row["id"])
    } finally {
      db.close()
    }
  })
  yield* say(`${json({ kind: "pin", anchor: signer.anchor })}\n`)
  return { say, command, begun, signer }
})

layer(Programs.layer, { excludeTestServices: true })("an executor in the hands of a hostile daemon", (it) => {
  it.effect("takes one whole request from a connection and nothing else", () =>
    Effect.gen(function* () {
      const { say, command, begun, signer } = yield* takenOver
      const one = yield* command(1)
      const two = yield* command(2)
      const stranger = yield* makeSigner
      const requests: ReadonlyArray<
        readonly [what: string, stdin: string | Uint8Array, exitCode: number, answer: string]
      > = [
        ["half a line", one.slice(0, one.length / 2), 1, ""],
        ["two requests on one line", `${one}${two}\n`, 1, ""],
        ["a request behind garbage", `garbage\n${one}\n`, 1, ""],
        ["a request with more in it", `${one.slice(0, -1)},"root":true}\n`, 1, ""],
        [
          "an operation that would change something",
          `${json({ kind: "local", operation: { name: "install_updates", parameters: { selection: { kind: "all" } } } })}\n`,
          1,
          "",
        ],
        ["keys of his own", `${json({ kind: "pin", anchor: stranger.anchor })}\n`, 0, "refused"],
        [
          "keys of his own beside the pinned ones",
          `${json({ kind: "pin", anchor: { ...signer.anchor, commandKeys: [...signer.anchor.commandKeys, stranger.key] } })}\n`,
          0,
          "pinned",
        ],
        [
          "another agent's id with the pinned keys",
          `${json({ kind: "pin", anchor: { ...signer.anchor, agentId: otherAgentId } })}\n`,
          0,
          "refused",
        ],
        [
          "a statement of his own that this host is another agent",
          `${json({ kind: "rename", statement: yield* renaming(stranger) })}\n`,
          0,
          "refused",
        ],
        [
          "a renaming that is a command",
          `${json({ kind: "rename", statement: one.slice(30, -2) })}\n`,
          0,
          "refused",
        ],
        [
          "a rotation that is a command",
          `${json({ kind: "rotate", statement: one.slice(30, -2) })}\n`,
          0,
          "refused",
        ],
      ]
      const answers = yield* Effect.forEach(
        requests,
        ([what, stdin]) => Effect.map(say(stdin), (said) => ({ what, ...said })),
        { concurrency: 2 },
      )
      assert.deepStrictEqual(
        answers,
        requests.map(([what, , exitCode, answer]) => ({ what, exitCode, answer, hasStarted: false })),
      )
      assert.deepStrictEqual(yield* begun, [])
      const foreign = yield* stranger.seal(claims(9, { name: "health_check", parameters: {} }))
      assert.strictEqual((yield* say(`${json({ kind: "command", envelope: foreign })}\n`)).answer, "refused")

      const another = yield* signer.seal(
        claims(9, { name: "health_check", parameters: {} }, { aud: otherAgentId }),
      )
      const notForThisHost = yield* say(`${json({ kind: "command", envelope: another })}\n`)
      assert.strictEqual(notForThisHost.answer, "refused")
      assert.isFalse(notForThisHost.hasStarted)

      // Two in one connection: the first is answered, the second never read.
      const answered = yield* say(`${one}\n${two}\n`)
      assert.include(["succeeded", "partial", "failed"], answered.answer)
      assert.deepStrictEqual(yield* begun, [commandId(1), commandId(9)])
    }),
  )
})
