import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { PackageName } from "../../src/domain/Package.ts"
import * as Box from "./lab/Box.ts"
import { configure, enableExtra, pacmanRoots, sh } from "./lab/pacmanState.ts"
import { boxManager } from "./managers/boxManager.ts"
import { detected } from "./managers/realSuites.ts"
import { codes, hostWith, verdicts } from "./pacmanAnswers.ts"

// What the pacman backend reads, against the real pacman in a throw-away machine.

const names = Schema.decodeUnknownSync(Schema.Array(PackageName))

const reading = Effect.fnUntraced(function* (root: string, user = "root") {
  const box = yield* Box.make(root)
  return { box, ...(yield* boxManager(box, "pacman", { user })) }
})

describe.each(pacmanRoots)("%s: reading", (root) => {
  it.live("all that pacman lists, with architecture, source, and what the administrator keeps", () =>
    Effect.gen(function* () {
      const { box, manager } = yield* reading(root)
      yield* configure(box, "IgnorePkg = lab-h?ld linux[a-z]")
      yield* configure(box, "IgnoreGroup = lab-gr*")
      const { packages, faults, reasons } = yield* manager.inventory
      assert.deepStrictEqual([faults, reasons], [[], []])
      const listed = (yield* box.run(["pacman", "-Q"])).stdout.trim().split("\n")
      assert.deepStrictEqual<ReadonlyArray<string>>(
        packages.map(({ name, version }) => `${name} ${version}`).toSorted(),
        listed,
      )
      const row = (wanted: string) => packages.find(({ name }) => name === wanted)
      assert.match(row("linux")?.architecture ?? "", /^(?:x86_64|aarch64)$/)
      assert.deepStrictEqual<unknown>(row("lab-split"), {
        manager: "pacman",
        name: "lab-split",
        architecture: "any",
        version: "1.0-1",
        source: "lab-source",
      })
      assert.deepStrictEqual<ReadonlyArray<string>>(
        packages
          .filter(({ held }) => held === true)
          .map(({ name }) => name)
          .toSorted(),
        ["lab-grouped", "lab-held"],
      )
    }).pipe(Effect.scoped),
  )

  it.live("every pending update: epochs, replacements and what is ignored, but nothing that is older", () =>
    Effect.gen(function* () {
      const { box, manager } = yield* reading(root)
      yield* configure(box, "IgnorePkg = lab-held")
      const { updates, reasons, indexes } = yield* manager.updates
      assert.deepStrictEqual(reasons, [])
      assert.deepStrictEqual(verdicts(updates), {
        innocent1: "yes",
        innocent2: "yes",
        innocent3: "yes",
        innocent4: "yes",
        innocent5: "yes",
        "lab-autodep": "yes",
        "lab-conffile": "yes",
        "lab-epoch": "yes",
        "lab-grouped": "yes",
        "lab-held": "held",
        "lab-newdep": "yes",
        "lab-old": "yes",
        "lab-plain": "yes",
        "lab-secfix": "yes",
        linux: "yes",
      })
      const row = (wanted: string) => updates.find(({ name }) => name === wanted)
      assert.deepStrictEqual<unknown>([row("lab-epoch")?.from, row("lab-epoch")?.to], ["9.0-1", "1:1.0-1"])
      assert.deepStrictEqual<unknown>([row("lab-old")?.from, row("lab-old")?.to], ["1.0-1", "1.1-1"])
      assert.deepStrictEqual(row("lab-held")?.origins, [{ id: "lab" }])
      assert.isAbove(row("lab-plain")?.downloadBytes ?? 0, 0)
      assert.isTrue(updates.every(({ security }) => security.verdict === "unknown"))
      assert.deepStrictEqual(
        indexes.map(({ repository, ageSeconds }) => [repository, ageSeconds === undefined]),
        [["lab", false]],
      )
    }).pipe(Effect.scoped),
  )

  it.live("the same for an ordinary user, also while another program holds the lock", () =>
    Effect.gen(function* () {
      const { box, manager } = yield* reading(root)
      const ordinary = yield* boxManager(box, "pacman", { user: "nobody" })
      yield* box.run(["touch", "/var/lib/pacman/db.lck"])
      const read = ({ inventory, updates }: typeof manager) =>
        Effect.all({ inventory, updates: Effect.map(updates, (listing) => ({ ...listing, indexes: [] })) })
      assert.deepStrictEqual(yield* read(ordinary.manager), yield* read(manager))
      // He cannot know that nobody holds it.
      assert.deepStrictEqual((yield* ordinary.manager.health).locks, [{ lock: "/var/lib/pacman/db.lck" }])
    }).pipe(Effect.scoped),
  )

  it.live("one package that cannot be had blocks all, and is named", () =>
    Effect.gen(function* () {
      const { manager } = yield* hostWith(root, ["lab-unsat", "lab-plain"])
      const { updates, reasons } = yield* manager.updates
      assert.deepStrictEqual(reasons, [])
      assert.deepStrictEqual(verdicts(updates), {
        "lab-plain": "blocked_by_manager",
        "lab-unsat": "conflict",
      })
      for (const { installable } of updates) {
        assert.include(
          installable.answer === "no" ? installable.detail : "",
          "unable to satisfy dependency 'lab-nowhere' required by lab-unsat",
        )
      }
    }).pipe(Effect.scoped),
  )

  it.live("a new version that an installed package does not fit blocks all", () =>
    Effect.gen(function* () {
      const { manager } = yield* hostWith(root, ["lab-lib", "lab-user", "lab-plain"])
      const { updates } = yield* manager.updates
      assert.deepStrictEqual(verdicts(updates), { "lab-plain": "blocked_by_manager", "lab-lib": "conflict" })
    }).pipe(Effect.scoped),
  )

  it.live("a package of IgnorePkg that others need stays, and with it all others", () =>
    Effect.gen(function* () {
      const { box, manager } = yield* hostWith(root, ["lab-needsheld", "lab-held"])
      yield* configure(box, "IgnorePkg = lab-held")
      assert.deepStrictEqual(verdicts((yield* manager.updates).updates), {
        "lab-held": "held",
        "lab-needsheld": "conflict",
      })
    }).pipe(Effect.scoped),
  )

  it.live("a database without pacman, and a Debian that has pacman for a tool", () =>
    Effect.gen(function* () {
      const { box, manager } = yield* reading(root)
      yield* sh(box, "mkdir /srv/bin; mv /usr/bin/pacman /usr/bin/pacman-conf /srv/bin")
      const found = yield* detected(box)
      assert.deepStrictEqual(
        found.map(({ id, patchable }) => [id, patchable]),
        [["pacman", false]],
      )
      const { packages, reasons } = yield* manager.inventory
      assert.deepStrictEqual([packages.length > 30, reasons], [true, []])

      yield* sh(box, "mv /srv/bin/* /usr/bin; cp /etc/os-release.debian /etc/os-release")
      yield* sh(box, "rm -r /var/lib/pacman/local/*-*")
      assert.deepStrictEqual(
        (yield* detected(box)).map(({ id }) => id),
        ["apt"],
      )
    }).pipe(Effect.scoped),
  )

  it.live("what is known of packages by name, from every repository", () =>
    Effect.gen(function* () {
      const { box, manager } = yield* reading(root)
      yield* enableExtra(box)
      const asked = names(["lab-autodep", "lab-newer", "lab-foreign", "lab-new", "lab-huge", "no-such"])
      const { packages, unknown } = yield* manager.describe(asked)
      assert.deepStrictEqual<ReadonlyArray<string>>(unknown, ["no-such"])
      const row = (wanted: string) => packages.find(({ name }) => name === wanted)
      assert.deepStrictEqual<unknown>(row("lab-autodep"), {
        manager: "pacman",
        name: "lab-autodep",
        installed: [{ version: "1.0-1", architecture: "any", held: false, automatic: true }],
        candidate: "1.1-1",
        available: [{ version: "1.1-1", repositories: ["lab"] }],
        summary: "awkward package of the lab",
        homepage: "https://lab.example.invalid/",
        installedSizeBytes: 4096,
      })
      assert.deepStrictEqual<unknown>(
        [row("lab-newer")?.installed[0]?.version, row("lab-newer")?.candidate],
        ["2.0-1", "1.0-1"],
      )
      assert.deepStrictEqual(row("lab-foreign")?.available, [])
      assert.deepStrictEqual(row("lab-new")?.installed, [])
      assert.deepStrictEqual<unknown>(row("lab-huge")?.available, [
        { version: "1.1-1", repositories: ["lab-extra"] },
      ])
    }).pipe(Effect.scoped),
  )
})

describe.each(pacmanRoots)("%s: never nothing to do where something is wrong", (root) => {
  const database = "/var/lib/pacman/sync/lab.db"

  it.live.each([
    ["no database", `rm ${database}*`, "index_missing"],
    ["an empty database", `: >${database}; rm ${database}.sig`, "index_missing"],
    [
      "a database that is none",
      `head -c 3000 /dev/urandom >${database}; rm ${database}.sig`,
      "index_missing",
    ],
    ["half a database", `truncate -s 1000 ${database}; rm ${database}.sig`, "index_missing"],
    ["a database with a bad signature", `echo x >>${database}`, "index_missing"],
    ["no repository", "sed -i '/^.lab.$/,$d' /etc/pacman.conf", "index_missing"],
    [
      "a database of packages that is damaged",
      "rm /var/lib/pacman/local/lab-plain-1.0-1/desc",
      "collector_failed",
    ],
  ] as const)("%s", ([, damage, code]) =>
    Effect.gen(function* () {
      const { box, manager } = yield* reading(root)
      yield* box.run(["bash", "-c", damage])
      const { updates, reasons } = yield* manager.updates
      assert.include(codes(reasons), code)
      assert.notInclude(Object.values(verdicts(updates)), "yes")
    }).pipe(Effect.scoped),
  )

  it.live("a configuration that pacman refuses", () =>
    Effect.gen(function* () {
      const { box, manager } = yield* reading(root)
      yield* configure(box, "Include = /nonexistent")
      const error = yield* Effect.flip(manager.updates)
      assert.deepStrictEqual([error._tag, "reason" in error && error.reason], ["ManagerError", "failed"])
      const { packages, reasons } = yield* manager.inventory
      assert.isNotEmpty(packages)
      assert.deepStrictEqual(codes(reasons), ["collector_failed"])
    }).pipe(Effect.scoped),
  )

  it.live("a lost database, although pacman finds no fault in it", () =>
    Effect.gen(function* () {
      const { box, manager } = yield* reading(root)
      yield* box.run(["bash", "-c", "rm -r /var/lib/pacman/local/*-*"])
      const check = yield* box.run(["pacman", "-Dk"])
      assert.deepStrictEqual([check.exitCode, check.stdout], [0, "No database errors have been found!\n"])
      const error = yield* Effect.flip(manager.inventory)
      assert.strictEqual("reason" in error && error.reason, "database_damaged")
      assert.include((yield* manager.health).damage ?? "", "records no installed package")
    }).pipe(Effect.scoped),
  )

  it.live("damaged entries, which pacman -Q lists as if nothing were the matter", () =>
    Effect.gen(function* () {
      const { box, manager } = yield* reading(root)
      const local = "/var/lib/pacman/local"
      yield* box.run([
        "bash",
        "-c",
        `cd ${local}; rm lab-plain-1.0-1/desc; : >innocent1-1.0-1/desc; truncate -s 9 innocent2-1.0-1/desc;
         cp -r innocent3-1.0-1 innocent3-0.9-1; sed -i s/1.0-1/0.9-1/ innocent3-0.9-1/desc; touch stray`,
      ])
      assert.include((yield* box.run(["pacman", "-Q"])).stdout, "lab-plain 1.0-1\n")
      const { packages, faults, reasons } = yield* manager.inventory
      assert.deepStrictEqual(
        faults.map(({ name, version, state }) => [name, version ?? "", state]).toSorted(),
        [
          ["innocent1", "1.0-1", "half_installed"],
          ["innocent2", "1.0-1", "half_installed"],
          ["innocent3", "", "duplicate"],
          ["lab-plain", "1.0-1", "half_installed"],
        ],
      )
      assert.deepStrictEqual(
        reasons.map(({ code, count }) => [code, count]),
        [["lines_not_understood", 3]],
      )
      assert.isFalse(packages.some(({ name }) => name === "lab-plain"))
      const health = yield* manager.health
      assert.include(health.damage ?? "", "'lab-plain-1.0-1': description file is missing")
      assert.deepStrictEqual(health.faults, faults)
    }).pipe(Effect.scoped),
  )
})
