import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import { SubprocessError } from "../../../src/host/Subprocess.ts"
import {
  collectRpmInventory,
  databaseDamage,
  hasRpmPackages,
  withHolds,
} from "../../../src/package-manager/rpm/rpmDatabase.ts"
import { fakeSubprocess, type Responder, when } from "../../fakes/FakeSubprocess.ts"
import { layerFileTree, type Tree } from "../../fakes/fileTree.ts"

const row = (...fields: ReadonlyArray<string>) => `${fields.join("\t")}\n`

const plain = row("lab-plain", "0", "1.0", "1", "noarch", "lab-plain-1.0-1.src.rpm", "(none)")

const host = (tree: Tree, ...responders: ReadonlyArray<Responder>) => {
  const fake = fakeSubprocess(...responders)
  return Effect.map(FileSystem.FileSystem, (fs) => ({
    dependencies: { subprocess: fake.service, fs },
    calls: fake.calls,
  })).pipe(Effect.provide(layerFileTree(tree)))
}

const inventory = (...responders: ReadonlyArray<Responder>) =>
  Effect.flatMap(host({}, ...responders), ({ dependencies }) =>
    collectRpmInventory(dependencies, "dnf", "inventory"),
  )

const all = (stdout: string, rest: { readonly stderr?: string; readonly truncated?: boolean } = {}) =>
  when("rpm --query --all", { stdout, ...rest })

describe("collectRpmInventory", () => {
  it.effect("reads epochs, sources, module labels and several kernels, and drops keys", () =>
    Effect.gen(function* () {
      const found = yield* inventory(
        all(
          row("gpg-pubkey", "0", "8810a36c", "65920080", "(none)", "(none)", "(none)") +
            row("lab-epoch", "1", "1.0", "1", "noarch", "lab-epoch-1.0-1.src.rpm", "(none)") +
            row("old", "(none)", "1.0", "1", "noarch", "(none)", "(none)") +
            row("lab-src", "0", "1.0", "1", "noarch", "lab-source-2.3-1.nosrc.rpm", "(none)") +
            row("lab-modular", "0", "1.0", "1", "noarch", "lab-modular-1.0-1.src.rpm", "labmod:1:1:abc") +
            row("kernel-core", "0", "6.1.1", "1", "x86_64", "kernel-6.1.1-1.src.rpm", "(none)") +
            row("kernel-core", "0", "6.1.2", "1", "x86_64", "kernel-6.1.2-1.src.rpm", "(none)"),
        ),
      )
      assert.deepStrictEqual([found.faults, found.reasons], [[], []])
      const noarch = { manager: "dnf", architecture: "noarch" }
      const kernel = { manager: "dnf", name: "kernel-core", architecture: "x86_64", source: "kernel" }
      assert.deepStrictEqual<unknown>(found.packages, [
        { ...noarch, name: "lab-epoch", version: "1:1.0-1" },
        { ...noarch, name: "old", version: "1.0-1" },
        { ...noarch, name: "lab-src", version: "1.0-1", source: "lab-source", sourceVersion: "2.3-1" },
        { ...noarch, name: "lab-modular", version: "1.0-1", module: "labmod:1:1:abc" },
        { ...kernel, version: "6.1.1-1" },
        { ...kernel, version: "6.1.2-1" },
      ])
    }),
  )

  it.effect(
    "does without module labels where rpm does not know the tag, which it says with exit code 0",
    () =>
      Effect.gen(function* () {
        const found = yield* inventory(
          (argv) =>
            argv.some((word) => word.includes("MODULARITYLABEL"))
              ? { stderr: 'error: incorrect format: unknown tag: "MODULARITYLABEL"\n' }
              : undefined,
          all(row("bash", "0", "4.2.46", "35.el7_9", "x86_64", "bash-4.2.46-35.el7_9.src.rpm")),
        )
        assert.deepStrictEqual(found.reasons, [])
        assert.deepStrictEqual<unknown>(found.packages, [
          { manager: "dnf", name: "bash", architecture: "x86_64", version: "4.2.46-35.el7_9" },
        ])
      }),
  )

  const twice = plain + row("lab-plain", "0", "1.1", "1", "noarch", "lab-plain-1.1-1.src.rpm", "(none)")

  it.effect("calls a package in two versions a duplicate, unless it provides what kernels provide", () =>
    Effect.gen(function* () {
      const { faults } = yield* inventory(all(twice), when("--whatprovides", "kernel\n"))
      assert.deepStrictEqual<unknown>(faults, [
        { manager: "dnf", name: "lab-plain", version: "1.0-1", state: "duplicate" },
      ])
      assert.deepStrictEqual((yield* inventory(all(twice), when("--whatprovides", "lab-plain\n"))).faults, [])
      const archs = plain + row("lab-plain", "0", "1.0", "1", "i686", "lab-plain-1.0-1.src.rpm", "(none)")
      assert.deepStrictEqual((yield* inventory(all(archs))).faults, [])
    }),
  )

  it.effect.each<readonly [string, string]>([
    ["no package at all", ""],
    ["keys only", row("gpg-pubkey", "0", "8810a36c", "65920080", "(none)", "(none)", "(none)")],
  ])("does not take an answer with %s for a host without packages", ([, stdout]) =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(inventory(all(stdout)))
      assert.deepStrictEqual(
        [error.reason, error.detail],
        ["database_damaged", "the rpm database records no package"],
      )
    }),
  )

  it.effect("passes on what rpm says of a database it cannot open", () =>
    Effect.gen(function* () {
      const stderr = "error: cannot open Packages database in /var/lib/rpm\n"
      const error = yield* Effect.flip(inventory(when("rpm --query --all", { exitCode: 1, stderr })))
      assert.deepStrictEqual([error.reason, error.detail], ["database_damaged", stderr.trim()])
    }),
  )

  it.effect("is partial when rpm skipped a record, a line is no record, or the output was cut", () =>
    Effect.gen(function* () {
      const stderr = "error: rpmdbNextIterator: skipping h# 12 region trailer: BAD\n"
      const found = yield* inventory(
        all(`${plain}lab-plain\t1.0\n\u0000\ufffd??\n`, { stderr, truncated: true }),
      )
      assert.lengthOf(found.packages, 1)
      assert.deepStrictEqual(
        found.reasons.map(({ code, count }) => [code, count]),
        [
          ["lines_not_understood", 2],
          ["collector_failed", undefined],
          ["collector_failed", undefined],
        ],
      )
      assert.include(found.reasons[2]?.detail ?? "", "skipping h# 12")
    }),
  )

  it.effect.each([
    ["not_found", "not_available"],
    ["timed_out", "timed_out"],
    ["killed", "failed"],
  ] as const)("fails when rpm is %s", ([reason, expected]) =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(
        inventory(when("rpm", new SubprocessError({ program: "rpm", reason }))),
      )
      assert.strictEqual(error.reason, expected)
    }),
  )

  it.effect("marks what its caller says is held", () =>
    Effect.gen(function* () {
      const found = withHolds(
        yield* inventory(all(twice), when("--whatprovides", "")),
        (row) => row.version === "1.1-1",
      )
      assert.deepStrictEqual(
        found.packages.map(({ held }) => held),
        [undefined, true],
      )
    }),
  )
})

describe("hasRpmPackages", () => {
  it.effect("does not run rpm, which would make a database, where there is none", () =>
    Effect.gen(function* () {
      const none = yield* host({}, all(plain))
      assert.isFalse(yield* hasRpmPackages(none.dependencies))
      assert.lengthOf(none.calls, 0)
      const empty = yield* host({ "/var/lib/rpm/rpmdb.sqlite": "" }, all(""))
      assert.isFalse(yield* hasRpmPackages(empty.dependencies))
      const filled = yield* host({ "/usr/lib/sysimage/rpm/Packages.db": "" }, all(plain))
      assert.isTrue(yield* hasRpmPackages(filled.dependencies))
    }),
  )
})

describe("databaseDamage", () => {
  it.effect("is what rpmdb says, and nothing where it cannot be asked", () =>
    Effect.gen(function* () {
      const broken = yield* host(
        {},
        when("rpmdb --verifydb", { exitCode: 1, stderr: "error: Packages: malformed\n" }),
      )
      assert.deepStrictEqual(yield* databaseDamage(broken.dependencies), [
        "rpmdb --verifydb: error: Packages: malformed; rpmdb --rebuilddb may mend it",
      ])
      assert.deepStrictEqual(yield* databaseDamage((yield* host({})).dependencies), [])
    }),
  )
})
