import { assert, describe, it } from "@effect/vitest"
import * as NodeServices from "@effect/platform-node/NodeServices"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import { Subprocess } from "../../../src/host/Subprocess.ts"
import { inventoryOfRoot } from "../../../src/package-manager/mountedRoot.ts"
import { when } from "../../fakes/FakeSubprocess.ts"
import { installedIn, refusalOf, rootOnDisk } from "../rootOnDisk.ts"

const fedora = "ID=fedora\nVERSION_ID=42\n"

describe("a mounted root of rpm", () => {
  const row = "bash\t0\t5.2\t1\tx86_64\tbash-5.2-1.src.rpm\t(none)\n"
  const database = { "/etc/os-release": fedora, "/usr/lib/sysimage/rpm/rpmdb.sqlite": "database" }

  it.effect("is read by rpm from a copy, which is gone afterwards", () =>
    Effect.gen(function* () {
      const fs = yield* FileSystem.FileSystem
      const copied: Array<Readonly<Record<string, string>>> = []
      let folder = ""
      const rpm = Subprocess.of({
        run: Effect.fnUntraced(function* ({ args }) {
          folder = args[1] ?? ""
          assert.deepStrictEqual(args.slice(0, 5), ["--dbpath", folder, "--nosignature", "--query", "--all"])
          for (const name of (yield* fs.readDirectory(folder)).toSorted()) {
            copied.push({ [name]: yield* fs.readFileString(`${folder}/${name}`) })
          }
          return { exitCode: 0, stdout: row, stderr: "", truncated: false }
        }, Effect.orDie),
      })
      const root = yield* rootOnDisk({
        ...database,
        "/usr/lib/sysimage/rpm/rpmdb.sqlite-wal": "log",
        "/usr/lib/sysimage/rpm/Packages": "left from before",
        "/var/lib/rpm/Packages": "left from before",
      })
      const found = yield* inventoryOfRoot(root).pipe(Effect.provideService(Subprocess, rpm))
      assert.deepStrictEqual(copied, [{ "rpmdb.sqlite": "database" }, { "rpmdb.sqlite-wal": "log" }])
      assert.deepStrictEqual<unknown>(
        [found.manager, found.packages],
        ["dnf", [{ manager: "dnf", name: "bash", version: "5.2-1", architecture: "x86_64" }]],
      )
      assert.isFalse(yield* fs.exists(folder))
    }).pipe(Effect.scoped, Effect.provide(NodeServices.layer)),
  )

  it.effect("belongs to zypper on SUSE's distributions", () =>
    Effect.gen(function* () {
      const found = yield* installedIn(
        { "/etc/os-release": 'ID="sles"\nVERSION_ID="15.6"\n', "/var/lib/rpm/Packages.db": "database" },
        when("rpm --query --all", row),
      )
      assert.deepStrictEqual(
        [found.manager, found.packages.map(({ manager }) => manager)],
        ["zypper", ["zypper"]],
      )
    }),
  )

  it.effect("knows the vendors of the root's distribution, not of this host's", () =>
    Effect.gen(function* () {
      const of = (name: string, vendor: string) =>
        `${name}\t0\t1.0\t1\tnoarch\t${name}-1.0-1.src.rpm\t(none)\t${vendor}\n`
      const { packages } = yield* installedIn(
        { ...database, "/etc/os-release": "ID=rocky\nVERSION_ID=9.4\n" },
        when(
          "rpm --query --all",
          of("bash", "Rocky Enterprise Software Foundation") + of("htop", "Fedora Project"),
        ),
      )
      assert.deepStrictEqual(
        packages.map(({ origin }) => origin),
        [undefined, "Fedora Project"],
      )
    }),
  )

  it.effect("tells records that rpm could not read", () =>
    Effect.gen(function* () {
      const { reasons } = yield* installedIn(
        database,
        when("rpm --query --all", { stdout: row, stderr: "error: rpmdbNextIterator: skipping h#       2\n" }),
      )
      assert.deepStrictEqual(
        reasons.map(({ code }) => code),
        ["collector_failed"],
      )
    }),
  )

  it.effect("cannot be read without rpm, nor when rpm finds it damaged or empty", () =>
    Effect.gen(function* () {
      const path = "/usr/lib/sysimage/rpm/rpmdb.sqlite"
      assert.deepStrictEqual(yield* refusalOf(database), ["tool_missing", path, "rpm is not installed"])
      assert.deepStrictEqual(
        yield* refusalOf(
          database,
          when("rpm --query --all", { exitCode: 1, stderr: "error: cannot open Packages database\n" }),
        ),
        ["database_damaged", path, "error: cannot open Packages database"],
      )
      assert.deepStrictEqual(yield* refusalOf(database, when("rpm --query --all", "")), [
        "database_damaged",
        path,
        "the rpm database records no package",
      ])
    }),
  )

  it.effect("is of an unknown format when rpm makes a database of its own beside it", () =>
    Effect.gen(function* () {
      const fs = yield* FileSystem.FileSystem
      const rpm = Subprocess.of({
        run: ({ args }) =>
          fs
            .writeFileString(`${args[1] ?? ""}/rpmdb.sqlite`, "")
            .pipe(Effect.orDie, Effect.as({ exitCode: 0, stdout: "", stderr: "", truncated: false })),
      })
      const root = yield* rootOnDisk({ "/etc/os-release": fedora, "/var/lib/rpm/Packages.db": "database" })
      const error = yield* inventoryOfRoot(root).pipe(Effect.provideService(Subprocess, rpm), Effect.flip)
      assert.deepStrictEqual(
        [error.reason, error.detail],
        ["unknown_format", "the rpm of this host cannot read a database of kind ndb"],
      )
    }).pipe(Effect.scoped, Effect.provide(NodeServices.layer)),
  )
})
