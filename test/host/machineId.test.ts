import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { appSpecificId, machineIdIn, readMachineId } from "../../src/host/machineId.ts"
import { denied, layerFileTree, type Tree } from "../fakes/fileTree.ts"

const id = "0123456789abcdef0123456789abcdef"

describe("machine id", () => {
  it("is what systemd computes (the vector of its own test-id128)", () => {
    const base = Buffer.from("51df0b4bc3b04c9780e299b98ca373b8", "hex")
    const application = Buffer.from("f03daaeb1c334b43a732172944bf772e", "hex")
    assert.strictEqual(appSpecificId(base, application), "1dee5954e75c4d6fb96cc6c04ca18a86")
  })

  it("never changes for a host, because the control plane knows it by it", () => {
    assert.strictEqual(machineIdIn(`${id}\n`), "3749fb7693974cabaecd11273e6f9cf9")
    assert.strictEqual(machineIdIn(id.toUpperCase()), machineIdIn(id))
  })

  it.each([
    "",
    "\n",
    "uninitialized\n",
    "0".repeat(32),
    `${id}0`,
    id.slice(1),
    `${id}\n${id}\n`,
    "z".repeat(32),
  ])("is not in %j", (text) => {
    assert.isUndefined(machineIdIn(text))
  })

  const found = (tree: Tree) => Effect.provide(readMachineId, layerFileTree(tree))

  it.effect("comes from D-Bus's file where systemd's is missing, empty or closed", () =>
    Effect.gen(function* () {
      const trees: ReadonlyArray<Tree> = [{}, { "/etc/machine-id": "\n" }, { "/etc/machine-id": denied }]
      for (const tree of trees) {
        assert.strictEqual(yield* found({ ...tree, "/var/lib/dbus/machine-id": `${id}\n` }), machineIdIn(id))
      }
    }),
  )

  it.effect("is asked of systemd's file first", () =>
    Effect.gen(function* () {
      const both = { "/etc/machine-id": id, "/var/lib/dbus/machine-id": "f".repeat(32) }
      assert.strictEqual(yield* found(both), machineIdIn(id))
    }),
  )

  it.effect("names the remedy when there is none", () =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(found({ "/etc/machine-id": "uninitialized\n" }))
      assert.strictEqual(
        error.message,
        "this host has no machine id: /etc/machine-id and /var/lib/dbus/machine-id are missing, empty or not 32 " +
          "hexadecimal digits. Create one with systemd-machine-id-setup (without systemd: dbus-uuidgen " +
          "--ensure=/etc/machine-id)",
      )
    }),
  )
})
