import { assert, describe, it } from "@effect/vitest"
import * as NodeFileSystem from "@effect/platform-node/NodeFileSystem"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import { readAuthorities } from "../../../src/transport/https/authorities.ts"
import { readProxy } from "../../../src/transport/https/proxy.ts"
import { configOf, environmentOf } from "../../fakes/agentTransport.ts"

const fileWith = Effect.fnUntraced(function* (text: string) {
  const files = yield* FileSystem.FileSystem
  const path = yield* files.makeTempFileScoped()
  yield* files.writeFileString(path, text)
  return path
}, Effect.provide(NodeFileSystem.layer))

const refusalOf = (ca_file: string) =>
  readAuthorities.pipe(
    Effect.flip,
    Effect.map(({ message }) => message),
    Effect.provide([configOf({ ca_file }), environmentOf({}), NodeFileSystem.layer]),
  )

describe("ca_file", () => {
  it.effect("that is not there is refused with its name and a remedy", () =>
    Effect.gen(function* () {
      const message = yield* refusalOf("/nowhere/ca.pem")
      assert.match(
        message,
        /config\.json: ca_file names \/nowhere\/ca\.pem, which cannot be read; name a PEM file/,
      )
    }),
  )

  for (const [name, text, fault] of [
    ["is empty", "", "holds no certificate"],
    [
      "is DER or a private key",
      "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----",
      "holds no certificate",
    ],
    [
      "is damaged",
      "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----",
      "holds a damaged certificate",
    ],
  ] as const) {
    it.effect(`that ${name} is refused, because OpenSSL would trust nobody without a word`, () =>
      Effect.gen(function* () {
        assert.include(yield* refusalOf(yield* fileWith(text)), fault)
      }),
    )
  }
})

describe("without ca_file", () => {
  it.effect("a host without any bundle leaves it to Node's own list", () =>
    Effect.gen(function* () {
      const nothing = FileSystem.layerNoop({ readFileString: () => Effect.succeed("") })
      const found = yield* Effect.provide(readAuthorities, [configOf({}), environmentOf({}), nothing])
      assert.isUndefined(found)
    }),
  )
})

describe("a proxy variable", () => {
  for (const value of ["socks5://proxy:1080", "http://", "::::"]) {
    it.effect(`${value} is refused without repeating it`, () =>
      Effect.gen(function* () {
        const error = yield* Effect.flip(
          Effect.provide(readProxy, [configOf({}), environmentOf({ HTTPS_PROXY: value })]),
        )
        assert.strictEqual(
          error.message,
          "HTTPS_PROXY: is not a usable proxy; give http://host:port or https://host:port",
        )
      }),
    )
  }
})
