import { assert, describe, it } from "@effect/vitest"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Box from "./Box.ts"
import { eventually } from "../../eventually.ts"
import { aptGet, labRoots, plan, status, statuses } from "./labState.ts"

// What apt and dpkg really do, as the ground the adapter stands on. No agent here.

const timeout = 120_000

describe.each(labRoots)("%s: killing and locking", (root) => {
  const pidFile = "/run/lab-hangpost.pid"
  /** Starts an upgrade that hangs in a postinst; answers apt and the script's process id. */
  const hang = Effect.fnUntraced(function* (box: Box.Box, ...options: ReadonlyArray<string>) {
    const apt = yield* box.spawn(["apt-get", "-y", ...options, "install", "innocent1", "lab-hangpost"], {
      env: { DEBIAN_FRONTEND: "noninteractive" },
    })
    yield* eventually("the postinst hangs", box.exists(pidFile), (there) => there, "30 seconds")
    return { apt, script: (yield* box.readFile(pidFile)).trim() }
  })
  const alive = (box: Box.Box, pid: string) => box.exists(`/proc/${pid}`)

  it.live(
    "killing apt does not stop dpkg, which keeps its lock",
    () =>
      Effect.gen(function* () {
        const box = yield* Box.make(root)
        const { apt, script } = yield* hang(box)
        yield* apt.signal("SIGKILL")
        assert.strictEqual(yield* apt.exit, 137)
        assert.isTrue(yield* alive(box, script))
        const second = yield* box.run(["dpkg", "--configure", "-a"])
        assert.strictEqual(second.exitCode, 2)
        assert.include(second.stderr, "lock")
      }),
    timeout,
  )

  it.live(
    "with Use-Pty=0 dpkg shares apt's group and dies with it, leaving the package half-configured",
    () =>
      Effect.gen(function* () {
        const box = yield* Box.make(root)
        const { apt, script } = yield* hang(box, "-o", "Dpkg::Use-Pty=0")
        yield* box.run(["bash", "-c", 'kill -KILL -- -"$0"', String(yield* apt.pid)])
        assert.strictEqual(yield* apt.exit, 137)
        yield* eventually("the script is gone", alive(box, script), (there) => !there)
        assert.strictEqual(yield* status(box, "lab-hangpost"), "iF")
        const { stdout } = yield* box.run(["ls", "/var/lib/dpkg/updates"])
        assert.match(stdout, /^\d+$/m)
        assert.strictEqual((yield* box.run(["apt-get", "check"])).exitCode, 100)
      }),
    timeout,
  )

  it.live(
    "killing only the script is gentle: dpkg notes it, configures the rest and frees its lock",
    () =>
      Effect.gen(function* () {
        const box = yield* Box.make(root)
        const { apt, script } = yield* hang(box)
        yield* box.run(["bash", "-c", 'kill -TERM "$0"', script])
        assert.strictEqual(yield* apt.exit, 100)
        assert.deepStrictEqual(yield* statuses(box, ["lab-hangpost", "innocent1"]), ["iF", "ii"])
        // not apt: it would configure lab-hangpost again, and hang again
        assert.strictEqual(
          (yield* box.run(["dpkg", "-i", "/srv/lab/pool/updates/innocent2_1.1-1.deb"])).exitCode,
          0,
        )
      }),
    timeout,
  )

  it.live(
    "a held dpkg lock refuses at once, naming pid and program, or after the time given; queries do not care",
    () =>
      Effect.gen(function* () {
        const box = yield* Box.make(root)
        const { apt } = yield* hang(box)
        const refused = yield* aptGet(box, "install", "innocent2")
        assert.strictEqual(refused.exitCode, 100)
        assert.match(refused.stderr, new RegExp(`held by process ${yield* apt.pid} \\(apt-get\\)`))
        const [time, waited] = yield* Effect.timed(
          aptGet(box, "-o", "DPkg::Lock::Timeout=1", "install", "innocent2"),
        )
        assert.strictEqual(waited.exitCode, 100)
        assert.isAtLeast(Duration.toMillis(time), 1000)
        assert.strictEqual((yield* box.run(["dpkg", "--configure", "-a"])).exitCode, 2)
        assert.strictEqual((yield* box.run(["dpkg-query", "-W", "innocent1"])).exitCode, 0)
        assert.isTrue((yield* plan(box)).has("innocent2"))
      }),
    timeout,
  )

  it.live(
    "the lists lock is not waited for",
    () =>
      Effect.gen(function* () {
        const box = yield* Box.make(root)
        // struct flock of Linux on 64 bit: type, whence, start, length, pid
        const lock =
          "open F, '>', '/var/lib/apt/lists/lock' or die; $l = pack('s s x4 q q i x4', 1, 0, 0, 0, 0); fcntl(F, 6, $l) or die; $| = 1; print 'locked'; sleep"
        const holder = yield* box.spawn(["perl", "-e", lock])
        yield* eventually("the lock is held", holder.stdout, (said) => said === "locked")
        const update = yield* box.run(["apt-get", "-o", "DPkg::Lock::Timeout=30", "update"], {
          timeout: "20 seconds",
        })
        assert.strictEqual(update.exitCode, 100)
        assert.include(update.stderr, "/var/lib/apt/lists/lock")
      }),
    timeout,
  )
})
