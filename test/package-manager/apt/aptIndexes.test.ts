import { assert, describe, it } from "@effect/vitest"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import { configuredSources, parseChangeTimes } from "../../../src/package-manager/apt/aptIndexes.ts"
import { collectIndexes } from "../../../src/package-manager/apt/collectIndexes.ts"
import { type Responder, when } from "../../fakes/FakeSubprocess.ts"
import type { Tree } from "../../fakes/fileTree.ts"
import { recorded, recordedAt, recordedFiles, recordedHost } from "./recordedHost.ts"

const lists = "/var/lib/apt/lists"
const without = (tree: Tree, part: string): Tree =>
  Object.fromEntries(Object.entries(tree).filter(([path]) => !path.includes(part)))

/** All files were last changed this long before the recording. */
const changed =
  (ago: { readonly days: number }, kind = "regular file"): Responder =>
  ([program, , , , ...paths]) => {
    const seconds = Math.floor(DateTime.subtract(recordedAt, ago).epochMilliseconds / 1000)
    return program === "stat" ? paths.map((path) => `${seconds}\t${kind}\t${path}\n`).join("") : undefined
  }

const indexesOf = (changes: Parameters<typeof recordedHost>[1]) =>
  Effect.flatMap(recordedHost("debian-12-real", changes), ({ dependencies }) => collectIndexes(dependencies))

describe("configuredSources", () => {
  it("names sources as apt does, without user and password", () => {
    const sources = configuredSources(
      [
        "'http://me:secret@deb.example.org/debian/dists/bookworm/InRelease' deb.example.org_debian_dists_bookworm_InRelease 0 ",
        "'http://me:secret@deb.example.org/debian/dists/bookworm/main/binary-amd64/Packages.xz' deb.example.org_debian_dists_bookworm_main_binary-amd64_Packages 0 ",
        "'file:/srv/flat/./InRelease' _srv_flat_._InRelease 0 ",
        "'file:/srv/flat/./Packages.xz' _srv_flat_._Packages 0 ",
      ].join("\n"),
    )
    assert.deepEqual(
      sources.map(({ name, packageLists }) => [name, [...packageLists.keys()]]),
      [
        ["http://deb.example.org/debian bookworm", ["main/binary-amd64/Packages"]],
        ["file:/srv/flat ./", ["Packages"]],
      ],
    )
  })

  it("leaves out repositories of sources only", () => {
    const text =
      "'http://deb.example.org/debian/dists/bookworm/InRelease' deb.example.org_debian_dists_bookworm_InRelease 0 \n'http://deb.example.org/debian/dists/bookworm/main/source/Sources.xz' deb.example.org_debian_dists_bookworm_main_source_Sources 0 \n"
    assert.deepEqual(configuredSources(text), [])
  })

  it("finds every source of the recorded hosts", () => {
    assert.lengthOf(configuredSources(recorded("debian-12-real", "update.uris")), 3)
    assert.lengthOf(configuredSources(recorded("debian-12-lab", "update.uris")), 3)
  })
})

describe("parseChangeTimes", () => {
  it("tells links from files", () => {
    const files = parseChangeTimes(
      "1795352436\tregular file\t/var/lib/apt/lists/a_InRelease\n1795352436\tsymbolic link\t/var/lib/apt/lists/b_Packages\nstat: nonsense\n",
    )
    assert.deepEqual(
      [...files].map(([name, { isLink }]) => [name, isLink]),
      [
        ["a_InRelease", false],
        ["b_Packages", true],
      ],
    )
  })
})

describe("collectIndexes", () => {
  it.effect("gives the time since apt last heard from each source", () =>
    Effect.gen(function* () {
      const { states, reasons } = yield* indexesOf({})
      assert.deepEqual(
        states.map(({ repository, ageSeconds }) => [repository, ageSeconds]),
        [
          ["http://deb.example.org/debian bookworm", 3600],
          ["http://deb.example.org/debian bookworm-updates", 3600],
          ["http://deb.example.org/debian-security bookworm-security", 3600],
        ],
      )
      assert.deepEqual(reasons, [])
    }),
  )

  it.effect("calls an index stale after a week", () =>
    Effect.gen(function* () {
      assert.deepEqual((yield* indexesOf({ responders: [changed({ days: 6 })] })).reasons, [])
      const { reasons } = yield* indexesOf({ responders: [changed({ days: 8 })] })
      assert.deepEqual(
        reasons.map(({ code }) => code),
        ["index_stale", "index_stale", "index_stale"],
      )
      assert.include(reasons[0]?.detail ?? "", "8 days ago: run apt-get update")
    }),
  )

  it.effect("takes a linked index for what it is: the repository itself", () =>
    Effect.gen(function* () {
      const { reasons, states } = yield* indexesOf({ responders: [changed({ days: 400 }, "symbolic link")] })
      assert.deepEqual([reasons, states[0]?.ageSeconds], [[], 0])
    }),
  )

  it.effect("calls an index stale when its own date of expiry has passed", () =>
    Effect.gen(function* () {
      const path = `${lists}/deb.example.org_debian-security_dists_bookworm-security_InRelease`
      const text = recorded("debian-12-real", path.replace(lists, "lists"))
      const files = {
        ...recordedFiles("debian-12-real"),
        [path]: text.replace(/^Valid-Until: .*$/m, "Valid-Until: Sat, 21 Nov 2026 00:53:02 UTC"),
      }
      const { reasons } = yield* indexesOf({ files })
      assert.deepEqual(
        reasons.map(({ code, detail }) => [code, /valid until 2026-11-21/.test(detail)]),
        [["index_stale", true]],
      )
    }),
  )

  it.effect("misses a source that was never downloaded", () =>
    Effect.gen(function* () {
      const files = without(recordedFiles("debian-12-real"), "bookworm-updates")
      const { reasons, states } = yield* indexesOf({ files })
      assert.deepEqual(
        reasons.map(({ code, detail }) => `${code} ${detail}`),
        [
          "index_missing http://deb.example.org/debian bookworm-updates was never downloaded: run apt-get update",
        ],
      )
      assert.isUndefined(states[1]?.ageSeconds)
    }),
  )

  it.effect("misses a package list that the Release file announces", () =>
    Effect.gen(function* () {
      const files = without(recordedFiles("debian-12-real"), "bookworm_main_binary-amd64_Packages")
      const { reasons } = yield* indexesOf({ files })
      assert.deepEqual(
        reasons.map(({ code }) => code),
        ["index_missing"],
      )
    }),
  )

  it.effect("does not miss a list that is announced as empty", () =>
    Effect.gen(function* () {
      const path = `${lists}/deb.example.org_debian_dists_bookworm-updates_InRelease`
      const text = recorded("debian-12-real", path.replace(lists, "lists"))
      const files = {
        ...without(recordedFiles("debian-12-real"), "bookworm-updates_main_binary-amd64_Packages"),
        [path]: text.replace(/ \d+ main\/binary-amd64\/Packages/, " 0 main/binary-amd64/Packages"),
      }
      assert.deepEqual((yield* indexesOf({ files })).reasons, [])
    }),
  )

  it.effect("says so when no source is configured", () =>
    Effect.gen(function* () {
      const { reasons } = yield* indexesOf({ responders: [when("apt-get --print-uris update", "")] })
      assert.deepEqual(
        reasons.map(({ code }) => code),
        ["index_missing"],
      )
    }),
  )

  it.effect("fails with apt's words when apt cannot read its sources", () =>
    Effect.gen(function* () {
      const broken = {
        exitCode: 100,
        stderr: "E: Malformed entry 1 in list file /etc/apt/sources.list (Suite)\n",
      }
      const error = yield* Effect.flip(
        indexesOf({ responders: [when("apt-get --print-uris update", broken)] }),
      )
      assert.deepEqual(
        [error.reason, error.detail],
        ["failed", "Malformed entry 1 in list file /etc/apt/sources.list (Suite)"],
      )
    }),
  )
})
