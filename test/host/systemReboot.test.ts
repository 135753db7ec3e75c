import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { Reboot } from "../../src/host/Reboot.ts"
import { SubprocessError } from "../../src/host/Subprocess.ts"
import * as SystemReboot from "../../src/host/SystemReboot.ts"
import { fakeSubprocess, type Responder, when } from "../fakes/FakeSubprocess.ts"
import { layerFileTree, type Tree } from "../fakes/fileTree.ts"

const systemd: Tree = { "/run/systemd/system/x": "" }

const request = Effect.fnUntraced(function* (tree: Tree, ...responders: ReadonlyArray<Responder>) {
  const subprocess = fakeSubprocess(...responders)
  const outcome = yield* Effect.flatMap(Reboot, (reboot) => reboot.request).pipe(
    Effect.match({ onFailure: ({ message }) => message, onSuccess: () => "taken" }),
    Effect.provide(SystemReboot.layer.pipe(Layer.provide([subprocess.layer, layerFileTree(tree)]))),
  )
  return [subprocess.calls.map(({ program, args }) => [program, ...args].join(" ")), outcome]
})

describe("SystemReboot", () => {
  it.effect("asks systemd where it runs, else the first that is there of shutdown and reboot", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* request(systemd, when("systemctl reboot", "")), [
        ["systemctl reboot"],
        "taken",
      ])
      assert.deepStrictEqual(yield* request({}, when("shutdown -r now", "")), [["shutdown -r now"], "taken"])
      assert.deepStrictEqual(yield* request({}, when("reboot", "")), [["shutdown -r now", "reboot"], "taken"])
    }),
  )

  it.effect("says why the request was not taken, and asks nobody else then", () =>
    Effect.gen(function* () {
      const refused = when("shutdown", { exitCode: 1, stderr: "shutdown: not permitted\n" })
      const [calls, outcome] = yield* request({}, refused, when("reboot", ""))
      assert.deepStrictEqual(calls, ["shutdown -r now"])
      assert.include(outcome, "shutdown ended with 1: shutdown: not permitted")
      assert.include((yield* request({}))[1], "are not there")
      assert.include((yield* request(systemd))[1], "are not there")
    }),
  )

  it.effect("names who holds the restart back, as Debian 13 refuses it while another apt is at work", () =>
    Effect.gen(function* () {
      const denied = when("systemctl reboot", {
        exitCode: 1,
        stderr: "Call to Reboot failed: Access denied\n",
      })
      // Recorded with systemd 257.13, and a delay as NetworkManager has one.
      const list = [
        "apt            0 root 62  systemd-inhibit shutdown APT is installing or upgrading packages block",
        "NetworkManager 0 root 415 NetworkManager  sleep    NetworkManager needs to turn off networks delay",
        "unattended-upgrades 0 root 500 unattended-upgr shutdown Stop ongoing upgrades delay",
        "",
      ].join("\n")
      assert.deepStrictEqual(yield* request(systemd, denied, when("systemd-inhibit --list", list)), [
        ["systemctl reboot", "systemd-inhibit --list --no-legend --no-pager"],
        "the restart was not accepted: systemctl ended with 1: Call to Reboot failed: Access denied; held back by apt 0 root 62 systemd-inhibit shutdown APT is installing or upgrading packages block",
      ])
      assert.strictEqual(
        (yield* request(systemd, denied))[1],
        "the restart was not accepted: systemctl ended with 1: Call to Reboot failed: Access denied",
      )
    }),
  )

  it.effect("takes a request whose program was ended, by the restart perhaps, for taken", () =>
    Effect.gen(function* () {
      const killed = new SubprocessError({ program: "systemctl", reason: "killed" })
      assert.strictEqual((yield* request(systemd, when("systemctl", killed)))[1], "taken")
    }),
  )
})
