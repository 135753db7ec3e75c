import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { Scan } from "../../src/domain/Scan.ts"
import type { AvailableUpdate } from "../../src/domain/Update.ts"
import { AptReads } from "./aptReadProbe.ts"
import * as Box from "./lab/Box.ts"
import { eventually } from "./lab/eventually.ts"
import { aptGet, labRoots, plan, status } from "./lab/labState.ts"

// What the apt backend reads, against real apt and dpkg in a throw-away machine.

const decodeScan = Schema.decodeEffect(Schema.fromJsonString(Scan))
const decode = Schema.decodeEffect(Schema.fromJsonString(AptReads))

const read = Effect.fnUntraced(function* (box: Box.Box, options: Box.RunOptions = {}) {
  const [node] = box.agentArgv([])
  const program = "/opt/lab/checkout/test/system/aptReadProbe.ts"
  const names = [
    "lab-sourced",
    "lab-autodep",
    "lab-held",
    "lab-newdep-lib",
    "lab-multiarch",
    "no.such",
    "bash",
  ]
  const result = yield* box.run([node, program, ...names], { timeout: "150 seconds", ...options })
  assert.strictEqual(result.exitCode, 0, result.stderr)
  return yield* decode(result.stdout)
})

/** The answer, where the read did not fail. */
const sound = <A extends object>(answer: A | { readonly failed: string; readonly detail: string }): A =>
  "failed" in answer ? assert.fail(`${answer.failed}: ${answer.detail}`) : answer

const failure = (answer: object) => ("failed" in answer ? answer.failed : "answered")

const installable = (updates: ReadonlyArray<AvailableUpdate>): ReadonlyArray<string> =>
  updates
    .filter(({ installable }) => installable.answer === "yes")
    .map(({ name }): string => name)
    .toSorted()

const withheld = (updates: ReadonlyArray<AvailableUpdate>): Record<string, string> =>
  Object.fromEntries(
    updates.flatMap(({ name, installable }) =>
      installable.answer === "no" ? [[name, installable.reason]] : [],
    ),
  )

const codes = (reasons: ReadonlyArray<{ readonly code: string }>): ReadonlyArray<string> =>
  reasons.map(({ code }) => code)

/** What apt-get says it would upgrade. */
const simulated = (box: Box.Box, command: string) =>
  box
    .run(["apt-get", "-s", "-o", "APT::Get::Show-User-Simulation-Note=0", command])
    .pipe(
      Effect.map(({ stdout }) =>
        [...stdout.matchAll(/^Inst (\S+) \[/gm)].map(([, name = ""]) => name).toSorted(),
      ),
    )

const prepare = Effect.fnUntraced(function* (box: Box.Box) {
  yield* box.run(["apt-mark", "hold", "lab-held"])
  yield* box.writeFile(
    "/etc/apt/preferences.d/lab",
    "Package: lab-pinned\nPin: version 1.0-1\nPin-Priority: 1001\n",
  )
})

describe.each(labRoots)("%s: reading", (root) => {
  it.live("every pending update, each with what apt would do and why", () =>
    Effect.gen(function* () {
      const box = yield* Box.make(root)
      yield* prepare(box)
      const answer = yield* read(box)
      const { updates, reasons, indexes } = sound(answer.updates)
      assert.deepStrictEqual(reasons, [])
      assert.deepStrictEqual(installable(updates), yield* simulated(box, "upgrade"))
      assert.deepStrictEqual(withheld(updates), {
        "lab-conflict": "needs_removal",
        "lab-held": "held",
        "lab-newdep": "needs_new_dependency",
        "lab-phased": "phased",
        "lab-pinned": "pinned",
        "lab-unsat": "conflict",
      })
      const listed = new Set(updates.map(({ name }): string => name))
      assert.deepStrictEqual(
        (yield* simulated(box, "dist-upgrade")).filter((name) => !listed.has(name)),
        [],
      )
      assert.deepStrictEqual(
        updates
          .filter(({ security }) => security.verdict === "yes")
          .map(({ name }): string => name)
          .toSorted(),
        ["lab-both", "lab-cve", "lab-hidden", "lab-secfix", "linux-image-lab"],
      )
      const hidden = updates.find(({ name }) => name === "lab-hidden")
      assert.deepStrictEqual<unknown>([hidden?.to, hidden?.security.fixedIn], ["2.0-1", "1.0-1+sec1"])
      assert.isTrue(indexes.length === 3 && indexes.every(({ ageSeconds }) => ageSeconds !== undefined))
    }),
  )

  it.live(
    "the same packages that dpkg counts, and the same answers for an ordinary user in another language",
    () =>
      Effect.gen(function* () {
        const box = yield* Box.make(root)
        yield* prepare(box)
        const answer = yield* read(box)
        const { packages, faults } = sound(answer.inventory)
        const { stdout } = yield* box.run(["dpkg-query", "-W", "-f", "${db:Status-Abbrev}\n"])
        assert.strictEqual(packages.length, stdout.match(/^[hi]i/gm)?.length)
        assert.strictEqual(yield* status(box, "lab-rc"), "rc")
        assert.deepStrictEqual(faults, [])
        const env = { LC_ALL: "ja_JP.UTF-8", LANGUAGE: "es:ja:ru", LANG: "ru_RU.UTF-8" }
        const unprivileged = yield* read(box, { user: "nobody", env })
        assert.deepStrictEqual(unprivileged.inventory, answer.inventory)
        assert.deepStrictEqual(sound(unprivileged.updates).updates, sound(answer.updates).updates)
        assert.deepStrictEqual(unprivileged.described, answer.described)
      }),
  )

  it.live("what is known of packages, and which names nobody knows", () =>
    Effect.gen(function* () {
      const box = yield* Box.make(root)
      yield* prepare(box)
      const { packages, unknown } = sound((yield* read(box)).described)
      assert.deepStrictEqual<unknown>(unknown, ["no.such"])
      const about = (name: string) => packages.find((info) => info.name === name)
      assert.deepInclude<unknown>(about("lab-sourced"), {
        candidate: "1.1-1",
        source: "lab-source",
        section: "misc",
        summary: "awkward package of the lab",
        installedSizeBytes: 10_240,
      })
      assert.deepStrictEqual(
        ["lab-autodep", "lab-sourced"].map((name) => about(name)?.installed[0]?.automatic),
        [true, false],
      )
      assert.strictEqual(about("lab-held")?.installed[0]?.held, true)
      assert.deepStrictEqual(
        [about("lab-newdep-lib")?.installed, about("lab-newdep-lib")?.available.length],
        [[], 1],
      )
    }),
  )

  it.live("a phased update as due where apt does not phase: without a machine id", () =>
    Effect.gen(function* () {
      const box = yield* Box.make(root)
      yield* box.writeFile("/etc/machine-id", "")
      const { updates } = sound((yield* read(box)).updates)
      assert.deepStrictEqual(installable(updates), yield* simulated(box, "upgrade"))
      const inPlan = (yield* plan(box)).has("lab-phased")
      assert.strictEqual(withheld(updates)["lab-phased"], inPlan ? undefined : "phased")
    }),
  )

  it.live("never zero updates where the lists, the sources or the database are lost", () =>
    Effect.gen(function* () {
      const box = yield* Box.make(root)
      const sources = yield* box.readFile("/etc/apt/sources.list")
      yield* box.writeFile("/etc/apt/sources.list", "")
      assert.deepStrictEqual(codes(sound((yield* read(box)).updates).reasons), ["index_missing"])
      yield* box.writeFile("/etc/apt/sources.list", sources)
      yield* box.run(["rm", "/var/lib/apt/lists/_srv_lab_dists_lab-updates_main_binary-amd64_Packages"])
      assert.deepStrictEqual(codes(sound((yield* read(box)).updates).reasons), ["index_missing"])
      yield* box.run(["find", "/var/lib/apt/lists", "-type", "f", "-delete"])
      const bare = sound((yield* read(box)).updates)
      assert.deepStrictEqual(
        [bare.updates, codes(bare.reasons)],
        [[], ["index_missing", "index_missing", "index_missing"]],
      )

      const database = yield* box.readFile("/var/lib/dpkg/status")
      yield* box.writeFile("/var/lib/dpkg/status", `${database}\ngarbage\n`)
      assert.strictEqual(failure((yield* read(box)).inventory), "database_damaged")
      yield* box.writeFile("/var/lib/dpkg/status", "")
      const lost = yield* read(box)
      assert.deepStrictEqual(
        [failure(lost.inventory), failure(lost.updates)],
        ["database_damaged", "database_damaged"],
      )
      assert.include(
        sound(lost.health).damage ?? "",
        "/var/lib/dpkg/status is missing or records no installed package",
      )
    }),
  )

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

describe("bookworm-real: reading", () => {
  it.live("the security updates that are really pending, and the scan says the same", () =>
    Effect.gen(function* () {
      const box = yield* Box.make("bookworm-real")
      const { updates, reasons } = sound((yield* read(box)).updates)
      const pending = yield* simulated(box, "dist-upgrade")
      assert.deepStrictEqual(reasons, [])
      assert.isAbove(pending.length, 0)
      assert.deepStrictEqual(installable(updates), pending)
      assert.deepStrictEqual([...new Set(updates.map(({ security }) => security.verdict))], ["yes"])
      const scan = yield* box.agent(["scan", "--json"], { user: "nobody" })
      const { completeness, packages, updates: scanned } = yield* decodeScan(scan.stdout)
      const { stdout } = yield* box.run(["dpkg-query", "-W", "-f", "${db:Status-Abbrev}\n"])
      assert.deepStrictEqual([scan.exitCode, completeness.verdict], [0, "complete"])
      assert.strictEqual(packages.length, stdout.match(/^[hi]i/gm)?.length)
      assert.deepStrictEqual(installable(scanned), pending)
    }),
  )
})
