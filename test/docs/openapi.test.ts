import { assert, describe, it } from "@effect/vitest"
import * as OpenApi from "effect/http-api/OpenApi"
import { Api } from "../../src/protocol/Api.ts"

const document = OpenApi.fromApi(Api)

const methods = ["get", "put", "post", "delete", "patch", "head", "options", "trace"] as const

const operations = Object.entries(document.paths).flatMap(([path, item]) =>
  methods.flatMap((method) => {
    const operation = item[method]
    return operation === undefined ? [] : [{ name: `${method} ${path}`, operation }]
  }),
)

describe("docs/reference/openapi.json", () => {
  it("is the API as it is served", async ({ expect }) => {
    // Refreshed with `vitest -u`.
    await expect(`${JSON.stringify(document, null, 2)}\n`).toMatchFileSnapshot(
      "../../docs/reference/openapi.json",
    )
  })

  it("describes every call there is", () => {
    assert.deepStrictEqual(operations.map(({ name }) => name).toSorted(), [
      "get /v1/commands/{commandId}",
      "get /v1/feeds/{file}",
      "get /v1/releases/targets/{file}",
      "get /v1/releases/{file}",
      "get /v1/servers",
      "get /v1/servers/{agentId}",
      "get /v1/servers/{agentId}/commands",
      "get /v1/servers/{agentId}/scan",
      "post /v1/agents",
      "post /v1/heartbeats",
      "post /v1/results",
      "post /v1/scans",
      "post /v1/servers/{agentId}/commands",
    ])
  })

  it.each(operations)("$name answers every error with a problem", ({ operation }) => {
    const errors = Object.entries(operation.responses).filter(([status]) => Number(status) >= 400)
    assert.isAbove(errors.length, 0)
    for (const [, response] of errors) {
      assert.deepStrictEqual(Object.keys(response.content ?? {}), ["application/problem+json"])
    }
  })

  it("names who may call what", () => {
    const security = Object.fromEntries(
      operations.map(({ name, operation }) => [
        name,
        operation.security.flatMap((choice) => Object.keys(choice)),
      ]),
    )
    assert.deepStrictEqual(security["post /v1/agents"], ["licenseKey"])
    assert.deepStrictEqual(security["post /v1/heartbeats"], ["requestSignature"])
    assert.deepStrictEqual(security["get /v1/servers"], ["operatorToken"])
    assert.deepStrictEqual(security["get /v1/feeds/{file}"], [])
  })
})
