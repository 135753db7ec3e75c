import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as NodeServices from "@effect/platform-node/NodeServices"
import { files } from "../../../src/control-plane/data/DataDirectory.ts"
import { TestControlPlane } from "../../fakes/TestControlPlane.ts"
import { DatabaseSync } from "node:sqlite"
import { outcomeOf, send } from "../signedCalls.ts"

const bearer = Effect.gen(function* () {
  const { dataDirectory } = yield* TestControlPlane
  const fs = yield* FileSystem.FileSystem
  const token = yield* fs.readFileString(`${dataDirectory}/${files.operatorToken}`)
  return { authorization: `Bearer ${token.trim()}` }
}).pipe(Effect.provide(NodeServices.layer))

describe("what the API does not describe", () => {
  it.live("is a problem: unknown addresses, methods and content types", () =>
    Effect.gen(function* () {
      const headers = yield* bearer
      const outcome = (...args: Parameters<typeof send>) => Effect.flatMap(send(...args), outcomeOf)
      assert.strictEqual(yield* outcome("/", {}, undefined, "GET"), "404 not_found")
      assert.strictEqual(yield* outcome("/v1/serverss", headers, undefined, "GET"), "404 not_found")
      assert.strictEqual(yield* outcome("/v1/servers", headers), "404 not_found")
      assert.strictEqual(
        yield* outcome("/v1/servers/agt_x", headers, undefined, "GET"),
        "400 invalid_request",
      )
      const commands = "/v1/servers/agt_00000000-0000-4000-8000-000000000001/commands"
      const text = { ...headers, "content-type": "text/plain" }
      assert.strictEqual(yield* outcome(commands, text), "400 invalid_request")
    }).pipe(Effect.provide(TestControlPlane.layer())),
  )

  it.live("is unavailable while the database cannot be used, and says nothing of its insides", () =>
    Effect.gen(function* () {
      const headers = yield* bearer
      const { dataDirectory } = yield* TestControlPlane
      const other = new DatabaseSync(`${dataDirectory}/${files.database}`)
      other.exec("ALTER TABLE agents RENAME TO elsewhere")
      other.close()
      const answer = yield* send("/v1/servers", headers, undefined, "GET")
      assert.strictEqual(yield* outcomeOf(answer), "503 unavailable")
      assert.notMatch(answer.body, /sqlite|table|elsewhere/i)
    }).pipe(Effect.provide(TestControlPlane.layer())),
  )
})
