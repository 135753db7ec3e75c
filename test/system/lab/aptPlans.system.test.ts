import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Box from "./Box.ts"
import { aptGet, labRoots, plan, status, upgradable, version } from "./labState.ts"

// What apt and dpkg really do, as the ground the adapter stands on. No agent here.

const timeout = 120_000

describe.each(labRoots)("%s: apt's plans and what they hide", (root) => {
  const apt22 = root.startsWith("bullseye")

  it.live(
    "an interrupted dpkg is invisible to simulations",
    () =>
      Effect.gen(function* () {
        const box = yield* Box.make(root)
        yield* box.writeFile("/var/lib/dpkg/updates/0000", "")
        const simulated = yield* box.run(["apt-get", "-s", "dist-upgrade"])
        assert.strictEqual(simulated.exitCode, 0)
        assert.include(simulated.stdout, "Inst lab-plain")
        assert.strictEqual((yield* box.run(["apt-get", "check"])).exitCode, 100)
        const real = yield* aptGet(box, "install", "lab-plain")
        assert.strictEqual(real.exitCode, 100)
        assert.include(real.stderr, "dpkg was interrupted")
      }),
    timeout,
  )

  it.live(
    "lists missing, sources empty and a status file emptied all look like 'no updates', exit code 0",
    () =>
      Effect.gen(function* () {
        const box = yield* Box.make(root)
        const nothing = Effect.gen(function* () {
          const simulated = yield* box.run(["apt-get", "-s", "dist-upgrade"])
          assert.strictEqual(simulated.exitCode, 0)
          assert.notInclude(simulated.stdout, "Inst ")
        })
        const sources = yield* box.readFile("/etc/apt/sources.list")
        yield* box.writeFile("/etc/apt/sources.list", "")
        yield* nothing
        yield* box.writeFile("/etc/apt/sources.list", sources)
        assert.isAbove((yield* plan(box)).size, 0)
        yield* box.run(["find", "/var/lib/apt/lists", "-type", "f", "-delete"])
        yield* nothing
        yield* box.writeFile("/var/lib/dpkg/status", "")
        const inventory = yield* box.run(["dpkg-query", "-W"])
        assert.deepStrictEqual([inventory.exitCode, inventory.stdout], [0, ""])
      }),
    timeout,
  )

  it.live(
    "an update that reached nobody, or met an unknown key, succeeds unless errors are asked for",
    () =>
      Effect.gen(function* () {
        const box = yield* Box.make(root)
        const strict = ["-o", "APT::Update::Error-Mode=any"]
        yield* box.writeFile(
          "/etc/apt/sources.list.d/gone.list",
          "deb [trusted=yes] http://127.0.0.1:9/ gone main\n",
        )
        const update = (...options: ReadonlyArray<string>) =>
          box.run(["apt-get", "-q", "-o", "Acquire::Retries=0", ...options, "update"])
        const gone = yield* update()
        assert.strictEqual(gone.exitCode, 0)
        assert.match(gone.stderr, /^W: /m)
        assert.strictEqual((yield* update(...strict)).exitCode, 100)
        yield* box.run(["rm", "/etc/apt/sources.list.d/gone.list"])
        assert.strictEqual((yield* update(...strict)).exitCode, 0)
        yield* box.run([
          "cp",
          "/usr/share/keyrings/debian-archive-keyring.gpg",
          "/usr/share/keyrings/lab-archive.gpg",
        ])
        yield* Box.publish(box)
        const unknown = yield* update()
        assert.strictEqual(unknown.exitCode, 0)
        assert.match(unknown.stderr, /^W: /m)
        assert.isAbove((yield* plan(box)).size, 0)
        assert.strictEqual((yield* update(...strict)).exitCode, 100)
      }),
    timeout,
  )

  it.live(
    "held, unsatisfiable and phased packages are listed but not planned; pinned ones are in neither",
    () =>
      Effect.gen(function* () {
        const box = yield* Box.make(root)
        yield* box.run(["apt-mark", "hold", "lab-held"])
        yield* box.writeFile(
          "/etc/apt/preferences.d/lab",
          "Package: lab-pinned\nPin: version 1.0-1\nPin-Priority: 1001\n",
        )
        const planned = yield* plan(box)
        const listed = yield* upgradable(box)
        for (const name of ["lab-held", "lab-unsat", "lab-phased", "lab-pinned"])
          assert.isFalse(planned.has(name), name)
        assert.include(listed, "lab-held")
        assert.include(listed, "lab-unsat")
        assert.notInclude(listed, "lab-pinned")
        assert.strictEqual(listed.includes("lab-phased"), !apt22)
        assert.strictEqual(yield* status(box, "lab-held"), "hi")
      }),
    timeout,
  )

  it.live(
    "phasing is honoured only with a machine id",
    () =>
      Effect.gen(function* () {
        const box = yield* Box.make(root)
        yield* box.writeFile("/etc/machine-id", "")
        assert.isTrue((yield* plan(box)).has("lab-phased"))
      }),
    timeout,
  )

  it.live(
    "a newer feature update hides a security fix, which a plan of only the security suite shows",
    () =>
      Effect.gen(function* () {
        const box = yield* Box.make(root)
        const line = (yield* plan(box)).get("lab-hidden") ?? ""
        assert.include(line, "(2.0-1 LabOS:99-updates/stable-updates ")
        assert.notInclude(line, "Security")
        const sources = yield* box.readFile("/etc/apt/sources.list")
        yield* box.writeFile(
          "/tmp/security.list",
          sources
            .split("\n")
            .filter((entry) => entry.includes("lab-security"))
            .join("\n"),
        )
        const security = yield* plan(box, [
          "-o",
          "Dir::Etc::SourceList=/tmp/security.list",
          "-o",
          "Dir::Etc::SourceParts=/dev/null",
        ])
        assert.include(security.get("lab-hidden"), "(1.0-1+sec1 LabOS-Security:99/stable-security ")
        assert.deepStrictEqual([...security.keys()].sort(), [
          "lab-both",
          "lab-cve",
          "lab-hidden",
          "lab-secfix",
          "linux-image-lab",
        ])
        const { stdout: madison } = yield* box.run(["apt-cache", "madison", "lab-hidden"])
        assert.deepStrictEqual(madison.match(/2\.0-1|1\.0-1\+sec1/g), ["2.0-1", "1.0-1+sec1"])
      }),
    timeout,
  )

  it.live(
    "one version in two suites names both origins in one line",
    () =>
      Effect.gen(function* () {
        const box = yield* Box.make(root)
        assert.strictEqual(
          (yield* plan(box)).get("lab-both"),
          "Inst lab-both [1.0-1] (1.1-1 LabOS:99-updates/stable-updates, LabOS-Security:99/stable-security [all])",
        )
        const { stdout } = yield* box.run(["apt", "list", "--upgradable"])
        assert.match(stdout, /^lab-both\/stable-updates,stable-security 1\.1-1 /m)
      }),
    timeout,
  )

  it.live(
    "one bad target and nothing is done",
    () =>
      Effect.gen(function* () {
        const box = yield* Box.make(root)
        const before = yield* version(box, "lab-plain")
        assert.strictEqual((yield* aptGet(box, "install", "lab-plain", "no-such-package")).exitCode, 100)
        assert.strictEqual((yield* aptGet(box, "install", "lab-plain=9.9-9")).exitCode, 100)
        assert.strictEqual((yield* aptGet(box, "install", "lab-plain", "lab-unsat")).exitCode, 100)
        assert.strictEqual(yield* version(box, "lab-plain"), before)
      }),
    timeout,
  )

  it.live(
    "apt 2.6 forgets the automatic mark of a package upgraded by name; --mark-auto keeps marks as they were",
    () =>
      Effect.gen(function* () {
        const automatic = (box: Box.Box) =>
          box
            .run(["apt-mark", "showauto", "lab-autodep", "lab-app", "innocent1"])
            .pipe(Effect.map(({ stdout }) => stdout.trim()))
        const box = yield* Box.make(root)
        yield* aptGet(box, "install", "--only-upgrade", "lab-autodep=1.1-1")
        assert.strictEqual(yield* version(box, "lab-autodep"), "1.1-1")
        assert.strictEqual(yield* automatic(box), root === "bookworm-lab" ? "" : "lab-autodep")
        const other = yield* Box.make(root)
        yield* aptGet(
          other,
          "install",
          "--only-upgrade",
          "--mark-auto",
          "lab-autodep=1.1-1",
          "innocent1=1.1-1",
        )
        assert.deepStrictEqual(
          yield* Effect.forEach(["lab-autodep", "innocent1"], (name) => version(other, name)),
          ["1.1-1", "1.1-1"],
        )
        assert.strictEqual(yield* automatic(other), "lab-autodep")
      }),
    timeout,
  )
})
