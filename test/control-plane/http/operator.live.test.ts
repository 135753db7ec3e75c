import { assert, describe, it } from "@effect/vitest"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import { Credentials } from "../../../src/control-plane/persistence/Credentials.ts"
import { secretHash } from "../../../src/control-plane/secretHash.ts"
import * as SqlitePersistence from "../../../src/control-plane/sqlite/sqlitePersistence.ts"
import { OperatorScope } from "../../../src/protocol/OperatorApi.ts"
import { TestControlPlane } from "../../fakes/TestControlPlane.ts"
import { agentIdOf, commandIdOf } from "../samples.ts"
import { enrolAgent, outcomeOf, problemOf, send } from "../signedCalls.ts"

/** Adds a token beside the running server, as a second process would. */
const addToken = Effect.fnUntraced(function* (
  token: string,
  scopes: ReadonlyArray<OperatorScope>,
  organization = "default",
) {
  const { dataDirectory } = yield* TestControlPlane
  const operator = { name: token, organization, scopes }
  yield* Effect.gen(function* () {
    const credentials = yield* Credentials
    yield* credentials.addOperatorToken(secretHash(Redacted.make(token)), operator, yield* DateTime.now)
  }).pipe(Effect.provide(SqlitePersistence.layer(`${dataDirectory}/control-plane.db`)))
})

const order = new TextEncoder().encode('{"command":{"name":"health_check","parameters":{}}}')

/** Every call of the operator API about one server. */
const calls = (agentId: string) =>
  ({
    servers: ["GET", "/v1/servers"],
    server: ["GET", `/v1/servers/${agentId}`],
    scan: ["GET", `/v1/servers/${agentId}/scan`],
    queue: ["POST", `/v1/servers/${agentId}/commands`],
    commands: ["GET", `/v1/servers/${agentId}/commands`],
    command: ["GET", `/v1/commands/${commandIdOf(1)}`],
  }) as const

const call = (token: string, [method, path]: readonly ["GET" | "POST", string]) =>
  send(path, { authorization: `Bearer ${token}` }, order, method)

describe("operator tokens", () => {
  it.live("that are unknown open nothing", () =>
    Effect.gen(function* () {
      const { agentId } = yield* enrolAgent()
      for (const endpoint of Object.values(calls(agentId))) {
        assert.strictEqual(yield* outcomeOf(yield* call("unknown", endpoint)), "401 invalid_token")
        const anonymous = yield* send(endpoint[1], {}, order, endpoint[0])
        assert.strictEqual(yield* outcomeOf(anonymous), "401 invalid_token")
      }
    }).pipe(Effect.provide(TestControlPlane.layer())),
  )

  it.live("do what their scope says and nothing else", () =>
    Effect.gen(function* () {
      const { agentId } = yield* enrolAgent()
      const allowed: Record<OperatorScope, Readonly<Record<string, number>>> = {
        "read:servers": { servers: 200, server: 200, scan: 404 },
        "read:patches": { commands: 200, command: 404 },
        "write:patches": { queue: 200 },
        "write:servers": {},
        "read:schedules": {},
        "write:schedules": {},
      }
      for (const scope of OperatorScope.literals) {
        yield* addToken(`only ${scope}`, [scope])
        for (const [name, endpoint] of Object.entries(calls(agentId))) {
          const { status } = yield* call(`only ${scope}`, endpoint)
          assert.strictEqual(status, allowed[scope][name] ?? 403, `${name} with ${scope}`)
        }
      }
    }).pipe(Effect.provide(TestControlPlane.layer())),
  )

  it.live("that lack a scope are told which", () =>
    Effect.gen(function* () {
      yield* addToken("reader", ["read:servers"])
      const answer = yield* call("reader", calls(agentIdOf(1)).queue)
      const problem = yield* problemOf(answer)
      assert.strictEqual(problem.code, "insufficient_scope")
      assert.include(problem.detail ?? "", "write:patches")
    }).pipe(Effect.provide(TestControlPlane.layer())),
  )

  it.live("of another organisation see none of its servers", () =>
    Effect.gen(function* () {
      const { operator } = yield* TestControlPlane
      const { agentId } = yield* enrolAgent()
      yield* operator.queue({
        params: { agentId },
        payload: { command: { name: "health_check", parameters: {} } },
      })
      yield* addToken("stranger", ["read:servers", "read:patches", "write:patches"], "other")
      const answers = yield* Effect.forEach(Object.entries(calls(agentId)), ([name, endpoint]) =>
        Effect.map(call("stranger", endpoint), ({ status, body }) => [
          name,
          name === "servers" ? body : status,
        ]),
      )
      assert.deepStrictEqual(Object.fromEntries(answers), {
        servers: "[]",
        server: 404,
        scan: 404,
        queue: 404,
        commands: 404,
        command: 404,
      })
    }).pipe(Effect.provide(TestControlPlane.layer())),
  )
})

describe("orders", () => {
  it.live("with a misspelt parameter are refused instead of doing something else", () =>
    Effect.gen(function* () {
      const { agentId } = yield* enrolAgent()
      yield* addToken("patcher", ["write:patches"])
      const body =
        '{"command":{"name":"install_updates","parameters":{"selection":{"kind":"all"},"dryrun":true}}}'
      const answer = yield* send(
        `/v1/servers/${agentId}/commands`,
        { authorization: "Bearer patcher" },
        new TextEncoder().encode(body),
      )
      assert.strictEqual(yield* outcomeOf(answer), "400 invalid_request")
      assert.include(answer.body, "payload.command.parameters.dryrun")
    }).pipe(Effect.provide(TestControlPlane.layer())),
  )

  it.live("that no agent would read are refused", () =>
    Effect.gen(function* () {
      const { agentId } = yield* enrolAgent()
      yield* addToken("patcher", ["write:patches"])
      const packages = Array.from({ length: 1000 }, (_, index) => ({
        name: `${"a".repeat(200)}${index}`,
        version: "1".repeat(200),
      }))
      const command = { name: "install_updates", parameters: { selection: { kind: "packages", packages } } }
      const answer = yield* send(
        `/v1/servers/${agentId}/commands`,
        { authorization: "Bearer patcher" },
        new TextEncoder().encode(JSON.stringify({ command })),
      )
      assert.strictEqual(yield* outcomeOf(answer), "400 invalid_request")
      assert.include(answer.body, "name fewer packages")
    }).pipe(Effect.provide(TestControlPlane.layer())),
  )
})
