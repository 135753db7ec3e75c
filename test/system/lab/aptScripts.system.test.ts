import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Box from "./Box.ts"
import { aptGet, keepOnly, labRoots, status, statuses, version } from "./labState.ts"

// What apt and dpkg really do, as the ground the adapter stands on. No agent here.

const innocents = ["innocent1", "innocent2", "innocent3", "innocent4", "innocent5"]
const timeout = 120_000

describe.each(labRoots)("%s: apt's maintainer scripts", (root) => {
  it.live(
    "a failing preinst leaves innocent packages unpacked, and dpkg --configure -a heals them",
    () =>
      Effect.gen(function* () {
        const box = yield* Box.make(root)
        yield* keepOnly(box, [...innocents, "lab-failpre"])
        const apt = yield* aptGet(box, "dist-upgrade")
        assert.strictEqual(apt.exitCode, 100)
        assert.deepStrictEqual(yield* statuses(box, innocents), ["iU", "iU", "iU", "iU", "iU"])
        assert.strictEqual(yield* status(box, "lab-failpre"), "ii")
        assert.strictEqual((yield* box.run(["dpkg", "--configure", "-a"])).exitCode, 0)
        assert.deepStrictEqual(yield* statuses(box, innocents), ["ii", "ii", "ii", "ii", "ii"])
        assert.strictEqual(yield* version(box, "innocent5"), "1.1-1")
        assert.strictEqual(yield* version(box, "lab-failpre"), "1.0-1")
      }),
    timeout,
  )

  it.live(
    "a failing postinst stops nobody else; only dpkg --audit's words show it, exit codes do not",
    () =>
      Effect.gen(function* () {
        const box = yield* Box.make(root)
        yield* keepOnly(box, [...innocents, "lab-failpost"])
        assert.strictEqual((yield* aptGet(box, "dist-upgrade")).exitCode, 100)
        assert.deepStrictEqual(yield* statuses(box, innocents), ["ii", "ii", "ii", "ii", "ii"])
        assert.strictEqual(yield* status(box, "lab-failpost"), "iF")
        const audit = yield* box.run(["dpkg", "--audit"])
        assert.strictEqual(audit.exitCode, 0)
        assert.include(audit.stdout, "lab-failpost")
        assert.strictEqual((yield* box.run(["apt-get", "check"])).exitCode, 0)
      }),
    timeout,
  )

  it.live(
    "a conffile question without stdin fails in spite of noninteractive; confdef and confold answer it",
    () =>
      Effect.gen(function* () {
        const box = yield* Box.make(root)
        assert.strictEqual((yield* aptGet(box, "install", "lab-conffile")).exitCode, 100)
        assert.strictEqual(yield* status(box, "lab-conffile"), "iU")
        const keep = ["-o", "Dpkg::Options::=--force-confdef", "-o", "Dpkg::Options::=--force-confold"]
        assert.strictEqual((yield* aptGet(box, ...keep, "install", "lab-conffile")).exitCode, 0)
        assert.strictEqual(yield* box.readFile("/etc/lab-conffile.conf"), "setting = changed by the admin\n")
        assert.strictEqual(yield* box.readFile("/etc/lab-conffile.conf.dpkg-dist"), "setting = packaged-2\n")
      }),
    timeout,
  )

  it.live(
    "a background child does not delay apt on its pty, but keeps the pipe with Use-Pty=0",
    () =>
      Effect.gen(function* () {
        const box = yield* Box.make(root)
        const pty = yield* aptGet(box, "install", "lab-daemon")
        assert.deepStrictEqual([pty.exitCode, pty.outputHeld], [0, false])
        const other = yield* Box.make(root)
        const pipe = yield* aptGet(other, "-o", "Dpkg::Use-Pty=0", "install", "lab-daemon")
        assert.deepStrictEqual([pipe.exitCode, pipe.outputHeld], [0, true])
      }),
    timeout,
  )

  it.live(
    "the reboot flag exists only because a package's own script sets it",
    () =>
      Effect.gen(function* () {
        const box = yield* Box.make(root)
        yield* aptGet(box, "install", "lab-plain")
        assert.isFalse(yield* box.exists("/run/reboot-required"))
        yield* aptGet(box, "install", "linux-image-lab")
        assert.isTrue(yield* box.exists("/var/run/reboot-required"))
        assert.strictEqual(yield* box.readFile("/run/reboot-required.pkgs"), "linux-image-lab\n")
      }),
    timeout,
  )
})
