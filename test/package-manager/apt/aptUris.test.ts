import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { archiveFor, archivesOf, newPackages, parseUris } from "../../../src/package-manager/apt/aptUris.ts"
import { parseDpkgRows } from "../../../src/package-manager/apt/dpkgQuery.ts"
import { parseSimulation } from "../../../src/package-manager/apt/aptSimulation.ts"
import { recorded } from "./recordedHost.ts"

const archives = (...files: ReadonlyArray<string>) =>
  archivesOf(files.map((file) => ({ uri: `http://deb.example.org/${file}`, file, bytes: 10 }))).archives

const [amd64, i386, all] = parseDpkgRows(
  ["amd64", "i386", "all"].map((architecture) => `ii \tx\t1\t${architecture}\tx\t1\n`).join(""),
).packages

describe("parseUris", () => {
  it("reads files with and without a hash", () => {
    assert.deepEqual(
      parseUris(
        "'http://deb.example.org/pool/b/bash_5.2%2bb13_amd64.deb' bash_5.2+b13_amd64.deb 1490652 MD5Sum:f973\n'file:/srv/flat/./a.deb' a_1_all.deb 956 \n",
      ),
      {
        files: [
          {
            uri: "http://deb.example.org/pool/b/bash_5.2%2bb13_amd64.deb",
            file: "bash_5.2+b13_amd64.deb",
            bytes: 1_490_652,
          },
          { uri: "file:/srv/flat/./a.deb", file: "a_1_all.deb", bytes: 956 },
        ],
        notUnderstood: 0,
      },
    )
  })

  it("leaves chatter alone and counts broken lines", () => {
    assert.deepEqual(parseUris("News about Ubuntu Pro\n'http://deb.example.org/a.deb'\n'x' y z\n"), {
      files: [],
      notUnderstood: 2,
    })
  })

  it.effect.prop("never throws", [Schema.String], ([text]) =>
    Effect.sync(() => assert.isAtMost(parseUris(`'${text}`).files.length, text.split("\n").length)),
  )
})

describe("archivesOf", () => {
  it("takes name, version and architecture out of the file name", () => {
    assert.deepEqual(archives("openssh-client_1%3a9.2p1-2+deb12u10_amd64.deb").get("openssh-client"), [
      { version: "1:9.2p1-2+deb12u10", architecture: "amd64", bytes: 10 },
    ])
  })

  it("counts files that are no package", () => {
    assert.strictEqual(archivesOf([{ uri: "x", file: "Packages.xz", bytes: 0 }]).notUnderstood, 1)
  })

  it.each(["debian-11-lab", "debian-12-lab", "debian-13-lab", "debian-12-real"] as const)(
    "names on %s what the simulation installs",
    (host) => {
      for (const [uris, simulation] of [
        ["dist-upgrade.uris", "apt-get-dist-upgrade.stdout"],
        ["upgrade.uris", "apt-get-upgrade.stdout"],
      ] as const) {
        const found = archivesOf(parseUris(recorded(host, uris)).files)
        const simulated = parseSimulation(recorded(host, simulation)).installs
        assert.deepEqual(
          [...found.archives]
            .flatMap(([name, of]) => of.map(({ version }) => `${name} ${version}`))
            .toSorted(),
          simulated.map(({ name, to }) => `${name} ${to}`).toSorted(),
        )
      }
    },
  )
})

describe("archiveFor", () => {
  it("keeps architectures apart", () => {
    const found = archives("x_2_amd64.deb", "x_3_i386.deb")
    assert.isDefined(amd64 && archiveFor(found, amd64, "2"))
    assert.isUndefined(amd64 && archiveFor(found, amd64, "3"))
    assert.isDefined(i386 && archiveFor(found, i386, "3"))
  })

  it("lets a package become architecture-independent, or cease to be", () => {
    assert.isDefined(amd64 && archiveFor(archives("x_2_all.deb"), amd64, "2"))
    assert.isDefined(all && archiveFor(archives("x_2_amd64.deb"), all, "2"))
  })
})

describe("newPackages", () => {
  it("counts what is not installed in that architecture", () => {
    assert.strictEqual(newPackages(archives("x_2_amd64.deb", "y_1_all.deb"), amd64 ? [amd64] : []), 1)
    assert.strictEqual(newPackages(archives("x_2_i386.deb"), amd64 ? [amd64] : []), 1)
  })
})
