import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fs from "node:fs"
import * as Box from "./lab/Box.ts"
import { eventually } from "../eventually.ts"
import { aptGet, labRoots, plan, status, upgradable, version } from "./lab/labState.ts"

const timeout = 120_000

describe("a box", () => {
  it.effect(
    "is a machine of its own, with a bare environment, whatever the test's clock says",
    () =>
      Effect.gen(function* () {
        const box = yield* Box.make("bookworm-lab")
        const { stdout } = yield* box.run(["env"])
        assert.deepStrictEqual(stdout.trim().split("\n").sort(), [
          "HOME=/root",
          "LC_ALL=C.UTF-8",
          "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
        ])
        const one = yield* box.run(["cat", "/proc/1/comm", "/proc/sys/kernel/hostname"])
        assert.strictEqual(one.stdout, "bash\nbox\n")
        const { stdout: mounts } = yield* box.run(["cat", "/proc/mounts"])
        assert.match(mounts, /^box \/ overlay /m)
        const places = mounts
          .split("\n")
          .map((line) => line.split(" ")[1])
          .filter((place) => place !== undefined && !place.startsWith("/dev"))
        assert.deepStrictEqual(places, [
          "/",
          "/proc",
          "/sys",
          "/run",
          "/proc/sys/kernel/random/boot_id",
          "/opt/lab/checkout",
          "/opt/lab/node",
        ])
        const { stdout: links } = yield* box.run(["cat", "/proc/net/dev"])
        assert.deepStrictEqual(
          links.match(/^ *\w+(?=:)/gm)?.map((name) => name.trim()),
          ["lo"],
        )
      }),
    timeout,
  )

  it.live(
    "runs the tests' own Node on the read-only checkout",
    () =>
      Effect.gen(function* () {
        const box = yield* Box.make("bookworm-lab")
        const [node] = box.agentArgv([])
        const { stdout } = yield* box.run([node, "--version"])
        assert.strictEqual(stdout.trim(), process.version)
        const touch = yield* box.run(["touch", "/opt/lab/checkout/written"])
        assert.match(touch.stderr, /Read-only file system/)
      }),
    timeout,
  )

  it.live(
    "passes stdin, environment, user and exit codes, and kills what takes too long",
    () =>
      Effect.gen(function* () {
        const box = yield* Box.make("bookworm-lab")
        assert.strictEqual((yield* box.run(["cat"], { stdin: "héllo" })).stdout, "héllo")
        assert.strictEqual((yield* box.run(["printenv", "LC_ALL"], { env: { LC_ALL: "C" } })).stdout, "C\n")
        assert.strictEqual(
          (yield* box.run(["printenv", "LC_ALL"], { env: { LC_ALL: undefined } })).exitCode,
          1,
        )
        assert.strictEqual((yield* box.run(["id", "-un"], { user: "nobody" })).stdout, "nobody\n")
        assert.strictEqual((yield* box.run(["no-such-program"])).exitCode, 127)
        assert.strictEqual((yield* box.run(["bash", "-c", "kill -TERM $$"])).exitCode, 143)
        const late = yield* Effect.flip(
          box.run(["bash", "-c", "echo begun; sleep 3600"], { timeout: "300 millis" }),
        )
        assert.strictEqual(late._tag, "BoxTimeout")
        yield* eventually(
          "the group of the late one is gone",
          box.run(["bash", "-c", "cat /proc/[0-9]*/comm"]),
          ({ stdout }) => !stdout.includes("sleep"),
        )
      }),
    timeout,
  )

  it.live(
    "keeps files and forgets processes over a reboot",
    () =>
      Effect.gen(function* () {
        const box = yield* Box.make("bookworm-lab")
        const bootId = box.readFile("/proc/sys/kernel/random/boot_id")
        const before = yield* bootId
        const sleeper = yield* box.spawn(["sleep", "3600"])
        yield* sleeper.pid
        yield* box.writeFile("/etc/deep/er/file", "stays\n", "600")
        yield* box.writeFile("/run/gone", "")
        yield* box.reboot
        assert.strictEqual(yield* sleeper.exit, 137)
        assert.strictEqual(yield* box.readFile("/etc/deep/er/file"), "stays\n")
        assert.strictEqual(Fs.readFileSync(box.hostPath("/etc/deep/er/file"), "utf8"), "stays\n")
        assert.isFalse(yield* box.exists("/run/gone"))
        assert.notStrictEqual(yield* bootId, before)
      }),
    timeout,
  )

  it.live(
    "is gone with everything in it when its scope closes, also after a failure",
    () =>
      Effect.gen(function* () {
        let proc = ""
        const outcome = yield* Effect.gen(function* () {
          const box = yield* Box.make("bookworm-lab")
          yield* box.run(["bash", "-c", "setsid sleep 3600 >/dev/null 2>&1 & echo $! >/run/pid"])
          proc = box.hostPath("/").slice(0, -"/root/".length)
          assert.isTrue(Fs.existsSync(proc))
          return yield* Effect.fail("test failed")
        }).pipe(Effect.scoped, Effect.exit)
        assert.isTrue(Exit.isFailure(outcome))
        assert.isFalse(Fs.existsSync(proc))
        assert.notInclude(Fs.readFileSync("/proc/self/mounts", "utf8"), "patchctl-lab/mnt")
      }),
    timeout,
  )

  it.live(
    "has a disk of the size asked for",
    () =>
      Effect.gen(function* () {
        const box = yield* Box.make("bookworm-lab", { diskSize: "8m" })
        const { stdout } = yield* box.run(["df", "--output=size", "-k", "/"])
        assert.strictEqual(Number(stdout.split("\n")[1]), 8 * 1024)
        const full = yield* box.run(["dd", "if=/dev/zero", "of=/big", "bs=1M", "count=16"])
        assert.match(full.stderr, /No space left on device/)
      }),
    timeout,
  )

  it.live(
    "talks to a background program as long as both live",
    () =>
      Effect.gen(function* () {
        const box = yield* Box.make("bookworm-lab")
        const cat = yield* box.spawn(["cat"])
        yield* cat.write("one\n")
        yield* eventually("the echo", cat.stdout, (said) => said === "one\n")
        yield* cat.signal("SIGTERM")
        assert.strictEqual(yield* cat.exit, 143)
      }),
    timeout,
  )
})

describe.each(labRoots)("the awkward packages in %s", (root) => {
  it.live(
    "are planned as intended",
    () =>
      Effect.gen(function* () {
        const box = yield* Box.make(root)
        const lines = yield* plan(box)
        const line = (name: string) => lines.get(name) ?? "absent"
        const updates = "LabOS:99-updates/stable-updates"
        const security = "LabOS-Security:99/stable-security"
        assert.strictEqual(line("lab-plain"), `Inst lab-plain [1.0-1] (1.1-1 ${updates} [all])`)
        assert.strictEqual(line("lab-secfix"), `Inst lab-secfix [1.0-1] (1.0-1+sec1 ${security} [all])`)
        assert.strictEqual(line("lab-newdep-lib"), `Inst lab-newdep-lib (1.0-1 ${updates} [all])`)
        assert.strictEqual(line("lab-victim"), "Remv lab-victim [1.0-1]")
        for (const name of ["lab-unsat", "lab-phased", "lab-rc", "lab-obsolete", "lab-app"])
          assert.strictEqual(line(name), "absent")
        for (const name of [1, 2, 3, 4, 5]) assert.include(line(`innocent${name}`), "Inst")
        assert.strictEqual([...lines.values()].filter((text) => text.startsWith("Inst")).length, 26)
      }),
    timeout,
  )

  it.live(
    "are recorded as intended",
    () =>
      Effect.gen(function* () {
        const box = yield* Box.make(root)
        const show = (format: string, name: string) =>
          box.run(["dpkg-query", "-W", "-f", format, name]).pipe(Effect.map(({ stdout }) => stdout))
        assert.match(yield* show("${binary:Package}", "lab-multiarch"), /^lab-multiarch:\w+$/)
        assert.strictEqual(yield* show("${binary:Package}", "lab-plain"), "lab-plain")
        assert.strictEqual(
          yield* show("${source:Package} ${source:Version}", "lab-sourced"),
          "lab-source 1:2.3",
        )
        assert.strictEqual(yield* status(box, "lab-rc"), "rc")
        assert.strictEqual(
          (yield* box.run(["apt-mark", "showauto", "lab-autodep", "lab-app"])).stdout,
          "lab-autodep\n",
        )
        const local = (yield* box.run(["apt", "list", "--installed"])).stdout.match(/^.*,local\]$/gm)
        assert.deepStrictEqual(
          local?.map((text) => text.split("/")[0]),
          ["lab-obsolete"],
        )
        assert.strictEqual(yield* box.readFile("/etc/lab-conffile.conf"), "setting = changed by the admin\n")
      }),
    timeout,
  )
})

describe("in the lab", () => {
  it.live(
    "an upgrade that fits on no disk is refused before anything happens",
    () =>
      Effect.gen(function* () {
        const box = yield* Box.make("bookworm-lab")
        const apt = yield* aptGet(box, "install", "lab-huge-download", "lab-plain")
        assert.strictEqual(apt.exitCode, 100)
        assert.match(apt.stderr, /You don't have enough free space in/)
        assert.strictEqual(yield* version(box, "lab-plain"), "1.0-1")
        // a declared Installed-Size only changes what apt prints
        assert.strictEqual((yield* aptGet(box, "install", "lab-huge-installed")).exitCode, 0)
      }),
    timeout,
  )

  it.live(
    "the changelog in the new .deb names the CVEs of its newest entry",
    () =>
      Effect.gen(function* () {
        const box = yield* Box.make("bookworm-lab")
        assert.strictEqual((yield* aptGet(box, "install", "lab-cve")).exitCode, 0)
        const { stdout } = yield* box.run(["zcat", "/usr/share/doc/lab-cve/changelog.Debian.gz"])
        const [newest = ""] = stdout.split("\n -- ")
        assert.deepStrictEqual(newest.match(/CVE-\d+-\d+/g), ["CVE-2099-0001", "CVE-2099-0002"])
        assert.include(stdout, "CVE-2098-0009")
      }),
    timeout,
  )

  it.live(
    "a changed archive can be published again and is believed",
    () =>
      Effect.gen(function* () {
        const box = yield* Box.make("bookworm-lab")
        Fs.rmSync(box.hostPath("/srv/lab/pool/updates/lab-plain_1.1-1.deb"))
        yield* Box.publish(box)
        assert.strictEqual(
          (yield* box.run(["apt-get", "-o", "APT::Update::Error-Mode=any", "update"])).exitCode,
          0,
        )
        assert.notInclude(yield* upgradable(box), "lab-plain")
      }),
    timeout,
  )

  it.live(
    "real pending security updates install without a network",
    () =>
      Effect.gen(function* () {
        const box = yield* Box.make("bookworm-real")
        const lines = [...(yield* plan(box)).values()]
        assert.isAbove(lines.filter((line) => line.includes("Debian-Security:12/")).length, 0)
        const apt = yield* aptGet(box, "dist-upgrade")
        assert.strictEqual(apt.exitCode, 0)
        assert.strictEqual((yield* plan(box)).size, 0)
      }),
    timeout,
  )
})
