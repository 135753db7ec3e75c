import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Box from "./lab/Box.ts"
import { eventually } from "../eventually.ts"
import { aptGet, labRoots, status } from "./lab/labState.ts"
import { codes, installable, read, sound, withheld } from "./readApt.ts"

// What the apt backend reads where something is broken, locked or foreign.

describe.each(labRoots)("%s: reading a host in trouble", (root) => {
  it.live("packages in a broken state, which apt-get check and exit codes keep quiet about", () =>
    Effect.gen(function* () {
      const box = yield* Box.make(root)
      yield* aptGet(box, "install", "--only-upgrade", "lab-failpost")
      yield* aptGet(box, "install", "--only-upgrade", "innocent1", "lab-failpre")
      const answer = yield* read(box)
      const { packages, faults } = sound(answer.inventory)
      const states = Object.fromEntries(faults.map(({ name, state }) => [name, state]))
      assert.strictEqual(states["lab-failpost"], "half_configured")
      assert.strictEqual(
        states["innocent1"],
        (yield* status(box, "innocent1")) === "iU" ? "unpacked" : undefined,
      )
      assert.isFalse(packages.some(({ name }) => name === "lab-failpost"))
      const damage = sound(answer.health).damage ?? ""
      assert.match(damage, /^dpkg --audit: .*The following packages are only half configured.* lab-failpost /)
      // reinstallation required: seen by no other tool
      const database = yield* box.readFile("/var/lib/dpkg/status")
      const reinstall = database.replace(
        /(Package: lab-plain\nStatus: install )ok installed/,
        "$1reinstreq half-installed",
      )
      yield* box.writeFile("/var/lib/dpkg/status", reinstall)
      assert.strictEqual(yield* status(box, "lab-plain"), "iHR")
      const after = sound((yield* read(box)).inventory).faults
      assert.strictEqual(after.find(({ name }) => name === "lab-plain")?.state, "reinstall_required")
    }),
  )

  it.live("an interrupted dpkg run as damage, with the updates still listed", () =>
    Effect.gen(function* () {
      const box = yield* Box.make(root)
      yield* box.writeFile("/var/lib/dpkg/updates/0000", "")
      const answer = yield* read(box)
      assert.include(sound(answer.health).damage ?? "", "a dpkg run was interrupted: run dpkg --configure -a")
      assert.include(installable(sound(answer.updates).updates), "lab-plain")
    }),
  )

  it.live("all updates, blocked, when dependencies are broken", () =>
    Effect.gen(function* () {
      const box = yield* Box.make(root)
      yield* box.run(["dpkg", "--purge", "--force-depends", "lab-autodep"])
      const answer = yield* read(box)
      const { updates, reasons } = sound(answer.updates)
      assert.deepStrictEqual(codes(reasons), ["collector_failed"])
      assert.strictEqual(withheld(updates)["lab-plain"], "blocked_by_manager")
      assert.deepStrictEqual(installable(updates), [])
      assert.include(sound(answer.health).damage ?? "", "apt-get check: Unmet dependencies")
    }),
  )

  it.live("without waiting for the locks of a running transaction, and names who holds them", () =>
    Effect.gen(function* () {
      const box = yield* Box.make(root)
      const running = yield* box.spawn(["apt-get", "-y", "install", "--only-upgrade", "lab-hangpost"], {
        env: { DEBIAN_FRONTEND: "noninteractive" },
      })
      yield* eventually("the script runs", box.exists("/run/lab-hangpost.pid"), (exists) => exists)
      const answer = yield* read(box)
      assert.include(installable(sound(answer.updates).updates), "lab-plain")
      const holders = sound(answer.health).locks.map(({ lock, program }) => `${program} ${lock}`)
      assert.include(holders, "apt-get /var/lib/dpkg/lock-frontend")
      assert.include(holders, "dpkg /var/lib/dpkg/lock")
      assert.isTrue(sound(answer.health).locks.every(({ heldSeconds }) => heldSeconds !== undefined))
      yield* running.signal("SIGKILL")
    }).pipe(Effect.scoped),
  )

  it.live(
    "an unsigned local source as one that does not know about security, and no downgrade as an update",
    () =>
      Effect.gen(function* () {
        const box = yield* Box.make(root)
        const { stdout: size } = yield* box.run([
          "stat",
          "-c",
          "%s",
          "/srv/lab/pool/updates/lab-plain_1.1-1.deb",
        ])
        yield* box.writeFile(
          "/srv/flat/Packages",
          `Package: lab-plain\nVersion: 1.2-1\nArchitecture: all\nMaintainer: Lab <lab@example.invalid>\nFilename: ./lab-plain_1.1-1.deb\nSize: ${size.trim()}\nSHA256: ${"0".repeat(64)}\nDescription: flat\n`,
        )
        yield* box.writeFile("/etc/apt/sources.list.d/flat.list", "deb [trusted=yes] file:/srv/flat ./\n")
        yield* box.writeFile(
          "/etc/apt/preferences.d/lab",
          "Package: innocent1\nPin: version 1.0-1\nPin-Priority: 1001\n",
        )
        yield* aptGet(box, "install", "innocent1=1.1-1", "--allow-downgrades")
        yield* box.run(["apt-get", "update"])
        const { updates, reasons, indexes } = sound((yield* read(box)).updates)
        assert.deepStrictEqual(reasons, [])
        const plain = updates.find(({ name }) => name === "lab-plain")
        assert.deepStrictEqual<unknown>(
          [plain?.to, plain?.security.verdict, plain?.origins, plain?.installable],
          ["1.2-1", "unknown", [{ id: "file:/srv/flat ./" }], { answer: "yes" }],
        )
        const flat = indexes.find(({ repository }) => repository === "file:/srv/flat ./")
        assert.isBelow(flat?.ageSeconds ?? Infinity, 60)
        assert.isUndefined(updates.find(({ name }) => name === "innocent1"))
      }),
  )

  it.live("packages of a foreign architecture under their own name", () =>
    Effect.gen(function* () {
      const box = yield* Box.make(root)
      yield* box.writeFile(
        "/tmp/deb/DEBIAN/control",
        "Package: lab-multiarch\nVersion: 1.0-1\nArchitecture: i386\nMulti-Arch: same\nMaintainer: Lab <lab@example.invalid>\nDescription: foreign\n",
      )
      yield* box.run(["dpkg", "--add-architecture", "i386"])
      yield* box.run(["dpkg-deb", "--build", "/tmp/deb", "/tmp/foreign.deb"])
      const { exitCode } = yield* box.run(["dpkg", "--force-overwrite", "-i", "/tmp/foreign.deb"])
      assert.strictEqual(exitCode, 0)
      const answer = yield* read(box)
      const rows = sound(answer.inventory).packages.filter(({ name }) => name === "lab-multiarch")
      assert.deepStrictEqual<unknown>(rows.map(({ architecture }) => architecture).toSorted(), [
        "amd64",
        "i386",
      ])
      const { updates } = sound(answer.updates)
      const pending = updates.filter(({ name }) => name === "lab-multiarch")
      assert.deepStrictEqual<unknown>(
        pending.map(({ architecture }) => architecture),
        ["amd64"],
      )
      const described = sound(answer.described).packages.find(({ name }) => name === "lab-multiarch")
      assert.lengthOf(described?.installed ?? [], 2)
    }),
  )
})
