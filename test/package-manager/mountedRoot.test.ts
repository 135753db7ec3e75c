import { assert, describe, it } from "@effect/vitest"
import * as NodeServices from "@effect/platform-node/NodeServices"
import * as Effect from "effect/Effect"
import { Subprocess } from "../../src/host/Subprocess.ts"
import { inventoryOfRoot } from "../../src/package-manager/mountedRoot.ts"
import { fakeSubprocess } from "../fakes/FakeSubprocess.ts"
import { bash, debian, installedIn, refusalOf, rootOnDisk, type RootTree } from "./rootOnDisk.ts"

const apkRecord = "P:musl\nV:1.2.5-r0\nA:x86_64\no:musl\n\n"
const desc = "%NAME%\nbash\n\n%VERSION%\n5.2-1\n\n%ARCH%\nx86_64\n\n"

describe("a mounted root", () => {
  it.effect("of dpkg is told with its release, holds, sources and broken packages", () =>
    Effect.gen(function* () {
      const found = yield* installedIn({
        "/etc/os-release": { link: "../usr/lib/os-release" },
        "/usr/lib/os-release": debian,
        "/var/lib/dpkg/status":
          bash +
          "Package: libc6\nStatus: hold ok installed\nArchitecture: amd64\nSource: glibc (2.36-9)\nVersion: 2.36-9+b1\n\n" +
          "Package: half\nStatus: install ok half-configured\nArchitecture: all\nVersion: 1.0\n\n",
        "/var/lib/dpkg/status.d/tzdata": "Package: tzdata\nVersion: 2024a-0\nArchitecture: all\n",
        "/var/lib/dpkg/status.d/tzdata.md5sums": "00000000000000000000000000000000  usr/share/zoneinfo/UTC\n",
        "/var/lib/dpkg/updates/0000":
          "Package: bash\nStatus: install ok unpacked\nArchitecture: amd64\nVersion: 5.2-2\n",
      })
      assert.deepStrictEqual<unknown>(found, {
        manager: "apt",
        system: { osId: "debian", osVersion: "12", osName: "Debian GNU/Linux 12" },
        packages: [
          {
            manager: "apt",
            name: "libc6",
            version: "2.36-9+b1",
            architecture: "amd64",
            source: "glibc",
            sourceVersion: "2.36-9",
            held: true,
          },
          { manager: "apt", name: "tzdata", version: "2024a-0", architecture: "all" },
        ],
        faults: [
          { manager: "apt", name: "bash", version: "5.2-2", state: "unpacked" },
          { manager: "apt", name: "half", version: "1.0", state: "half_configured" },
        ],
        reasons: [],
      })
    }),
  )

  it.effect("of an image without a status file has its packages in status.d", () =>
    Effect.gen(function* () {
      const { packages, reasons } = yield* installedIn({
        "/etc/os-release": debian,
        "/var/lib/dpkg/status.d/base": "Package: base-files\nVersion: 12.4\nArchitecture: amd64\n",
      })
      assert.deepStrictEqual<ReadonlyArray<string>>(
        packages.map(({ name }) => name),
        ["base-files"],
      )
      assert.deepStrictEqual(reasons, [])
    }),
  )

  it.effect("of apk is found where /lib has moved, with what the world holds", () =>
    Effect.gen(function* () {
      const found = yield* installedIn({
        "/etc/os-release": "ID=alpine\nVERSION_ID=3.20.3\n",
        "/etc/apk/world": "libcrypto3=3.3.2-r0\n",
        "/usr/lib/apk/db/installed": `${apkRecord}P:libcrypto3\nV:3.3.2-r0\nA:x86_64\no:openssl\n\n`,
      })
      assert.deepStrictEqual<unknown>(
        [found.manager, found.system.osVersion, found.packages, found.reasons],
        [
          "apk",
          "3.20.3",
          [
            { manager: "apk", name: "musl", version: "1.2.5-r0", architecture: "x86_64" },
            {
              manager: "apk",
              name: "libcrypto3",
              version: "3.3.2-r0",
              architecture: "x86_64",
              source: "openssl",
              held: true,
            },
          ],
          [],
        ],
      )
    }),
  )

  it.effect("of pacman tells entries that are damaged or double", () =>
    Effect.gen(function* () {
      const found = yield* installedIn({
        "/etc/os-release": "ID=arch\n",
        "/var/lib/pacman/local/ALPM_DB_VERSION": "9\n",
        "/var/lib/pacman/local/bash-5.2-1/desc": desc,
        "/var/lib/pacman/local/bash-5.2-2/desc": desc.replace("5.2-1", "5.2-2"),
        "/var/lib/pacman/local/lost-1.0-1/files": "%FILES%\n",
      })
      assert.deepStrictEqual<unknown>(
        [found.manager, found.packages.map(({ version }) => version), found.faults],
        [
          "pacman",
          ["5.2-1", "5.2-2"],
          [
            { manager: "pacman", name: "lost", version: "1.0-1", state: "half_installed" },
            { manager: "pacman", name: "bash", state: "duplicate" },
          ],
        ],
      )
      assert.deepStrictEqual(
        found.reasons.map(({ code, count }) => [code, count]),
        [["lines_not_understood", 1]],
      )
    }),
  )

  it.effect("of a distribution that nobody knows is what has packages, whatever other tools lie about", () =>
    Effect.gen(function* () {
      const found = yield* installedIn({
        "/etc/os-release": "ID=novel\n",
        "/var/lib/dpkg/status": "",
        "/lib/apk/db/installed": apkRecord,
      })
      assert.deepStrictEqual([found.manager, found.packages.length], ["apk", 1])
    }),
  )

  it.effect("is not read by another database than the one its distribution lives off", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual(
        yield* refusalOf({
          "/etc/os-release": "ID=ubuntu\nVERSION_ID=24.04\n",
          "/var/lib/pacman/local/bash-5.2-1/desc": desc,
        }),
        ["no_database", "/", "there is no package database of dpkg"],
      )
    }),
  )

  it.effect("says what it lacks, and what to do", () =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(installedIn({ "/home/.keep": "" }))
      assert.include(
        error.message,
        "there is no package database of dpkg or rpm or apk or pacman; name the top of a Linux system",
      )
    }),
  )

  it.effect("has to be a folder", () =>
    Effect.gen(function* () {
      const root = yield* rootOnDisk({ "/image": "a file" })
      for (const wrong of [`${root}/image`, `${root}/nowhere`]) {
        const error = yield* inventoryOfRoot(wrong).pipe(
          Effect.provideService(Subprocess, fakeSubprocess().service),
          Effect.flip,
        )
        assert.strictEqual(error.reason, "no_folder")
      }
    }).pipe(Effect.scoped, Effect.provide(NodeServices.layer)),
  )
})

describe("a damaged database", () => {
  it.effect.each<readonly [what: string, tree: RootTree, refused: ReadonlyArray<string>]>([
    [
      "an empty status file, beside the former one",
      { "/etc/os-release": debian, "/var/lib/dpkg/status": "", "/var/lib/dpkg/status-old": bash },
      [
        "database_damaged",
        "/var/lib/dpkg/status",
        "it records no installed package; /var/lib/dpkg/status-old holds the former one",
      ],
    ],
    [
      "a status file of zeros",
      { "/etc/os-release": debian, "/var/lib/dpkg/status": { zeros: 4096 } },
      ["database_damaged", "/var/lib/dpkg/status", "it records no installed package"],
    ],
    [
      "an empty database of apk",
      { "/etc/os-release": "ID=alpine\n", "/lib/apk/db/installed": "" },
      ["database_damaged", "/lib/apk/db/installed", "it records no installed package"],
    ],
    [
      "descriptions without a name",
      { "/etc/os-release": "ID=arch\n", "/var/lib/pacman/local/bash-5.2-1/desc": "%VERSION%\n5.2-1\n" },
      ["database_damaged", "/var/lib/pacman/local", "it records no installed package"],
    ],
  ])("is never no packages: %s", ([, tree, refused]) =>
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* refusalOf(tree), refused)
    }),
  )

  it.effect.each<readonly [what: string, tree: RootTree]>([
    ["dpkg, after a whole line", { "/var/lib/dpkg/status": `${bash}Package: tail\n` }],
    ["dpkg, after its last record", { "/var/lib/dpkg/status": bash.slice(0, -1) }],
    ["dpkg, within a line", { "/var/lib/dpkg/status": `${bash}Package: ta` }],
    ["dpkg, with garbage", { "/var/lib/dpkg/status": `${bash}\u0000\u0000\n` }],
    ["apk", { "/lib/apk/db/installed": `${apkRecord}P:tail\nV:1` }],
  ])("that was cut off is not whole: %s", ([, tree]) =>
    Effect.gen(function* () {
      const { packages, reasons } = yield* installedIn(tree)
      assert.strictEqual(packages.length, 1)
      assert.deepStrictEqual(
        reasons.map(({ code }) => code),
        ["lines_not_understood"],
      )
    }),
  )
})
