import { assert, layer } from "@effect/vitest"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import type { CommandResult } from "../../src/domain/Command.ts"
import { envelopeLimitBytes } from "../../src/protocol/CommandEnvelope.ts"
import { ExecutorEvent } from "../../src/protocol/ExecutorMessages.ts"
import { claims, commandId, makeSigner } from "../fakes/CommandSigning.ts"
import { hostileEnvelopes, moreHostileEnvelopes } from "../fakes/hostileEnvelopes.ts"
import { makeAgentHome } from "./AgentProcess.ts"
import { Programs } from "./Programs.ts"

const witness = new URL("witness.ts", import.meta.url)

const encodeRequest = Schema.encodeSync(Schema.fromJsonString(Schema.Unknown))
const decodeEvents = Schema.decodeUnknownEffect(Schema.Array(Schema.fromJsonString(ExecutorEvent)))
const Testimony = Schema.Struct({
  started: Schema.optionalKey(Schema.Array(Schema.String)),
  mostMebibytes: Schema.optionalKey(Schema.Finite),
})
const decodeTestimony = Schema.decodeUnknownEffect(Schema.Array(Schema.fromJsonString(Testimony)))

const brief = ({ status, refusal }: CommandResult) => `${status} ${refusal?.code}`

const requestOf = (envelope: string) => `${encodeRequest({ kind: "command", envelope })}\n`

/** A host that has pinned the command key of `signer`, and an executor that runs there under a witness. */
const makeHost = Effect.gen(function* () {
  const files = yield* FileSystem.FileSystem
  const signer = yield* makeSigner
  const home = yield* makeAgentHome({})
  const pinned = yield* home.run(["execute"], {
    stdin: `${encodeRequest({ kind: "pin", anchor: signer.anchor })}\n`,
  })
  assert.strictEqual(pinned.stdout, '{"kind":"pinned"}\n', pinned.stderr)
  const now = Math.floor((yield* Clock.currentTimeMillis) / 1000)

  const execute = Effect.fnUntraced(function* (stdin: string | Uint8Array) {
    const file = yield* files.makeTempFileScoped()
    const ended = yield* home.run(["execute"], {
      stdin,
      node: ["--import", witness.href],
      env: { WITNESS_FILE: file },
    })
    const lines = (text: string) => text.split("\n").filter((line) => line !== "")
    const testimony = yield* decodeTestimony(lines(yield* files.readFileString(file)))
    const events = yield* decodeEvents(lines(ended.stdout))
    return {
      ...ended,
      results: events.flatMap((event): ReadonlyArray<CommandResult> =>
        event.kind === "result" ? [event.result] : [],
      ),
      started: testimony.flatMap(({ started }) => (started === undefined ? [] : [started])),
      mostMebibytes: Math.max(...testimony.map((fact) => fact.mostMebibytes ?? 0)),
    }
  }, Effect.scoped)

  const order = (number: number) =>
    signer.seal(
      claims(number, { name: "health_check", parameters: {} }, { iat: now, nbf: now, exp: now + 3600 }),
    )
  return { home, signer, now, execute, order }
})

layer(Programs.layer, { excludeTestServices: true })("patchctl-agent execute", (it) => {
  it.effect("carries out a good command once, and answers a repetition with the same result", () =>
    Effect.gen(function* () {
      const { home, execute, order } = yield* makeHost
      const envelope = yield* order(1)
      const first = yield* execute(requestOf(envelope))
      assert.strictEqual(first.exitCode, 0)
      assert.deepStrictEqual(
        first.results.map((result) => [result.commandId, result.command]),
        [[commandId(1), "health_check"]],
      )
      assert.include(["succeeded", "partial"], first.results[0]?.status)
      const output = first.results[0]?.output
      const managers = output?.command === "health_check" ? output.report.managers : []
      // Proves the witness of the tests below wherever there is a package manager to ask.
      if (managers.length > 0) assert.isNotEmpty(first.started)

      const again = yield* execute(requestOf(envelope))
      assert.strictEqual(again.exitCode, 0)
      assert.strictEqual(again.stdout, first.stdout)
      assert.deepStrictEqual(again.started, [])
      const { commands, audit } = yield* home.ledger
      assert.lengthOf(commands, 1)
      assert.deepStrictEqual(
        audit.map(({ event }) => event),
        ["pinned", "received", "started", "finished"],
      )

      const { results, started } = yield* execute(requestOf(yield* order(1)))
      assert.strictEqual(results[0]?.finishedAt.toString(), first.results[0]?.finishedAt.toString())
      assert.deepStrictEqual(started, [])
    }),
  )

  it.effect(
    "refuses everything else: the reason comes back, nothing is started, and the audit log has a line",
    () =>
      Effect.gen(function* () {
        const { home, execute, signer, now } = yield* makeHost
        const hostile = [
          ...(yield* hostileEnvelopes(signer, now)),
          ...(yield* moreHostileEnvelopes(signer, now)),
          { what: "text", envelope: "x".repeat(envelopeLimitBytes + 1), code: "invalid", id: undefined },
        ]
        const answers = yield* Effect.forEach(
          hostile,
          ({ what, envelope }) =>
            Effect.map(execute(requestOf(envelope)), ({ exitCode, results, started }) => ({
              told: `${what}: ${exitCode}, ${results.map(brief).join()}, started ${started.length}`,
              ids: results.map((result) => String(result.commandId)),
            })),
          { concurrency: 2 },
        )
        assert.deepStrictEqual(
          answers.map(({ told }) => told),
          hostile.map(({ what, code }) => `${what}: 0, refused ${code}, started 0`),
        )
        for (const [index, { id }] of hostile.entries()) {
          if (id !== undefined) assert.deepStrictEqual(answers[index]?.ids, [id])
        }
        const { commands, audit } = yield* home.ledger
        assert.deepStrictEqual(commands, [])
        assert.deepStrictEqual(
          audit
            .filter(({ event }) => event !== "pinned")
            .map(({ id, event }) => `${event} ${id}`)
            .toSorted(),
          answers.flatMap(({ ids }) => ids.map((id) => `refused ${id}`)).toSorted(),
        )
      }),
  )

  const noise = Uint8Array.from({ length: 4096 }, (_, index) => (index * 167 + 13) % 256)
  for (const [what, stdin] of [
    ["nothing", ""],
    ["binary noise", noise],
    ["NUL bytes", new Uint8Array(4096)],
    ["JSON of another shape", '{"kind":"collect","envelope":"x"}\n'],
    [
      "a question with something more",
      '{"kind":"local","operation":{"name":"health_check","parameters":{}},"x":1}\n',
    ],
    ["a key twice", '{"kind":"rotate","statement":"x","statement":"y"}\n'],
    ["a command in the clear", '{"kind":"command","envelope":{"name":"health_check"}}\n'],
  ] as const) {
    it.effect(
      `ends with 1 and starts nothing when it reads ${what}`,
      () =>
        Effect.gen(function* () {
          const { home, execute } = yield* makeHost
          const { exitCode, stdout, stderr, started } = yield* execute(stdin)
          assert.deepStrictEqual({ exitCode, stdout, started }, { exitCode: 1, stdout: "", started: [] })
          assert.include(stderr, "expected one line on stdin")
          const { commands, audit } = yield* home.ledger
          assert.deepStrictEqual([commands.length, audit.map(({ event }) => event)], [0, ["pinned"]])
        }),
      60_000,
    )
  }

  it.effect("reads no more than an envelope, however much there is", () =>
    Effect.gen(function* () {
      const { execute } = yield* makeHost
      const little = yield* execute("x\n")
      for (const much of [
        Buffer.alloc(50 * 1024 * 1024, "x"),
        Buffer.from(requestOf("x".repeat(50 * 1024 * 1024))),
      ]) {
        const { exitCode, stdout, mostMebibytes } = yield* execute(much)
        assert.deepStrictEqual([exitCode, stdout], [1, ""])
        assert.isBelow(mostMebibytes, little.mostMebibytes + 40)
      }
    }),
  )

  it.effect("refuses everything on a host that is not enrolled", () =>
    Effect.gen(function* () {
      const files = yield* FileSystem.FileSystem
      const { home, execute, order } = yield* makeHost
      yield* files.remove(`${home.executor}/trust.json`)
      const { exitCode, results, started } = yield* execute(requestOf(yield* order(1)))
      assert.strictEqual(exitCode, 0)
      assert.deepStrictEqual(
        results.map(({ status, refusal }) => [status, refusal?.code]),
        [["refused", "bad_signature"]],
      )
      assert.deepStrictEqual(started, [])
      assert.isTrue(Option.isNone(yield* home.status))
    }),
  )
})
