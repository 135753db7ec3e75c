import { assert, describe, it } from "@effect/vitest"
import * as Schema from "effect/Schema"
import {
  apiUrl,
  certificateNames,
  ListenAddressText,
  localUrl,
  parseListenAddress,
} from "../../src/control-plane/listenAddress.ts"

const accepts = Schema.is(ListenAddressText)

describe("--listen", () => {
  it.each(["127.0.0.1:8443", "0.0.0.0:443", "[::1]:0", "[::]:65535"])("takes %s", (text) => {
    assert.isTrue(accepts(text))
  })

  it.each(["", "8443", "localhost:8443", "::1:443", "127.0.0.1:65536", "127.0.0.256:1", "[127.0.0.1]:1"])(
    "refuses %j",
    (text) => {
      assert.isFalse(accepts(text))
    },
  )

  it("is taken apart into host and port", () => {
    assert.deepStrictEqual(parseListenAddress("[fe80::1]:443"), { host: "fe80::1", port: 443 })
    assert.deepStrictEqual(parseListenAddress("10.0.0.1:8443"), { host: "10.0.0.1", port: 8443 })
  })
})

describe("addresses of the server", () => {
  const everywhere = { host: "0.0.0.0", port: 8443 }
  const everywhereSix = { host: "::", port: 8443 }
  const inside = { host: "10.0.0.5", port: 8443 }

  it("are the first name for agents, else where it listens", () => {
    assert.strictEqual(apiUrl(everywhere, ["a.example.com", "b.example.com"]), "https://a.example.com:8443")
    assert.strictEqual(apiUrl(inside, []), "https://10.0.0.5:8443")
    assert.strictEqual(apiUrl(everywhere, []), "https://localhost:8443")
    assert.strictEqual(apiUrl({ host: "::1", port: 1 }, []), "https://[::1]:1")
  })

  it("need no name service for programs on the same machine", () => {
    assert.strictEqual(localUrl(everywhere), "https://127.0.0.1:8443")
    assert.strictEqual(localUrl(everywhereSix), "https://[::1]:8443")
    assert.strictEqual(localUrl(inside), "https://10.0.0.5:8443")
  })

  it("are all in the certificate", () => {
    const loopback = ["localhost", "127.0.0.1", "::1"]
    assert.deepStrictEqual(certificateNames(everywhere, ["a.example.com"]), [...loopback, "a.example.com"])
    assert.deepStrictEqual(certificateNames(inside, []), [...loopback, "10.0.0.5"])
    assert.deepStrictEqual(certificateNames({ host: "127.0.0.1", port: 1 }, ["localhost"]), loopback)
  })
})
