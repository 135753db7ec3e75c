import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { collectRestartNeeded } from "../../src/host/collectRestartNeeded.ts"
import { runsReplacedCode, unitOf } from "../../src/host/replacedCode.ts"
import { denied, layerFileTree, type Tree } from "../fakes/fileTree.ts"

// Lines as Linux 6.1 writes them.
const current = `55d0c8a00000-55d0c8a21000 r-xp 00002000 fe:01 1835044                    /usr/sbin/sshd
7f0e3c200000-7f0e3c355000 r-xp 00026000 fe:01 1836102                    /usr/lib/x86_64-linux-gnu/libc.so.6
7ffd5b5e2000-7ffd5b5e4000 r-xp 00000000 00:00 0                          [vdso]
`
const replaced = `${current}7f0e3c600000-7f0e3c6a1000 r-xp 00062000 fe:01 1836555                    /usr/lib/x86_64-linux-gnu/libssl.so.3 (deleted)
`

describe("runsReplacedCode", () => {
  it("is about files that are executed and have lost their names", () => {
    assert.isFalse(runsReplacedCode(""))
    assert.isFalse(runsReplacedCode(current))
    assert.isTrue(runsReplacedCode(replaced))
    assert.isTrue(runsReplacedCode("1000-2000 r-xp 0 08:01 7 /opt/some app/bin/app (deleted)\n"))
    assert.isFalse(
      runsReplacedCode("1000-2000 r--p 00000000 08:01 7 /usr/lib/locale/locale-archive (deleted)\n"),
    )
  })

  it.each([
    "7f00-7f01 rwxs 00000000 00:01 2052 /memfd:jit (deleted)",
    "7f00-7f01 r-xs 00000000 00:05 1024 /dev/zero (deleted)",
    "7f00-7f01 rwxp 00000000 00:1b 33 /dev/shm/cache (deleted)",
    "7f00-7f01 r-xs 00000000 00:01 32769 /SYSV00000000 (deleted)",
    "7f00-7f01 r-xs 00000000 08:01 99 /tmp/ffiA1b2C3 (deleted)",
    "7f00-7f01 r-xs 00000000 08:01 99 /root/ffiA1b2C3 (deleted)",
    "7f00-7f01 r-xp 00000000 00:00 0 [heap] (deleted)",
  ])("leaves out what has no name on purpose: %s", (line) => {
    assert.isFalse(runsReplacedCode(`${line}\n`))
  })
})

describe("unitOf", () => {
  it.each([
    ["0::/system.slice/ssh.service\n", "ssh.service"],
    ["0::/system.slice/system-getty.slice/getty@tty1.service\n", "getty@tty1.service"],
    ["0::/user.slice/user-1000.slice/user@1000.service/app.slice/pipewire.service\n", "user@1000.service"],
    ["0::/user.slice/user-1000.slice/session-3.scope\n", "session-3.scope"],
    ["0::/init.scope\n", "init.scope"],
    ["12:pids:/system.slice/cron.service\n1:name=systemd:/system.slice/cron.service\n0::/\n", "cron.service"],
    ["4:memory:/other.service\n1:name=systemd:/system.slice/ssh.service\n", "ssh.service"],
    ["2:name=openrc:/sshd\n1:cpu:/\n", "sshd"],
    ["0::/openrc.nginx\n", "nginx"],
    ["0::/\n", undefined],
    ["", undefined],
  ])("of %j is %s", (cgroup, unit) => {
    assert.strictEqual(unitOf(cgroup), unit)
  })
})

const here = { link: "pid:[4026531836]" }
const base: Tree = {
  "/proc/self": { link: "900" },
  "/proc/self/ns/pid": here,
  "/proc/meminfo": "",
  "/proc/1/maps": current,
  "/proc/900/maps": replaced,
}
const program = (pid: number, maps: Tree[string], cgroup: string, namespace = here): Tree => ({
  [`/proc/${pid}/maps`]: maps,
  [`/proc/${pid}/cgroup`]: cgroup,
  [`/proc/${pid}/ns/pid`]: namespace,
})
const collect = (tree: Tree) => Effect.provide(collectRestartNeeded, layerFileTree(tree))

describe("collectRestartNeeded", () => {
  it.effect("names each unit once, sorted, and counts programs without one", () =>
    Effect.gen(function* () {
      const needed = yield* collect({
        ...base,
        ...program(30, replaced, "0::/system.slice/ssh.service\n"),
        ...program(31, replaced, "0::/system.slice/ssh.service\n"),
        ...program(32, replaced, "0::/system.slice/cron.service\n"),
        ...program(33, current, "0::/system.slice/dbus.service\n"),
        ...program(34, replaced, "0::/\n"),
      })
      assert.deepStrictEqual(needed, {
        required: "yes",
        units: ["cron.service", "ssh.service"],
        programsWithoutUnit: 1,
      })
    }),
  )

  it.effect("leaves out containers, whose code and units are their own, and this very program", () =>
    Effect.gen(function* () {
      const inside = { link: "pid:[4026532999]" }
      const needed = yield* collect({
        ...base,
        ...program(40, replaced, "0::/system.slice/docker-1.scope\n", inside),
      })
      assert.deepStrictEqual(needed, { required: "no", units: [], programsWithoutUnit: 0 })
    }),
  )

  it.effect("does not know when the programs of others are closed or hidden to it, unless one is seen", () =>
    Effect.gen(function* () {
      const closed = { ...base, ...program(1, denied, "") }
      assert.strictEqual((yield* collect(closed)).required, "unknown")
      const { "/proc/1/maps": _, ...hidden } = base
      assert.strictEqual((yield* collect(hidden)).required, "unknown")
      assert.strictEqual((yield* collect({})).required, "unknown")
      const seen = { ...closed, ...program(30, replaced, "0::/system.slice/ssh.service\n") }
      assert.deepStrictEqual((yield* collect(seen)).units, ["ssh.service"])
      assert.strictEqual((yield* collect(seen)).required, "yes")
    }),
  )
})
