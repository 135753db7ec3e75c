import { assert, describe, it } from "@effect/vitest"
import { parseIndex } from "../../../src/package-manager/apk/apkIndexFile.ts"
import { cachedIndexName, parseRepositories } from "../../../src/package-manager/apk/apkRepositories.ts"
import { gunzipSync } from "node:zlib"
import { packedIndex } from "./recordings.ts"

const addresses = (...files: ReadonlyArray<string>) =>
  parseRepositories(files, "x86_64").map(({ indexAddress }) => indexAddress)

describe("the configured repositories", () => {
  it("are addresses with or without a tag, each once", () => {
    const text = "# comment\n\nhttp://a.example.org/main/\n@edge http://a.example.org/edge\n"
    assert.deepStrictEqual(addresses(text, "http://a.example.org/main\n"), [
      "http://a.example.org/main/x86_64/APKINDEX.tar.gz",
      "http://a.example.org/edge/x86_64/APKINDEX.tar.gz",
    ])
  })

  it("have variables, types and components in apk 3", () => {
    const vars = "set mirror=http://b.example.org\n"
    const list =
      "set -default mirror=http://c.example.org\nv3 ${mirror}/v1 main community\nndx ${mirror}/${APK_ARCH}.adb\nv2 @x ${mirror}/old\n"
    assert.deepStrictEqual(addresses(vars, list), [
      "http://b.example.org/v1/main/x86_64/Packages.adb",
      "http://b.example.org/v1/community/x86_64/Packages.adb",
      "http://b.example.org/x86_64.adb",
      "http://b.example.org/old/x86_64/APKINDEX.tar.gz",
    ])
  })

  it("are known by a name without credentials, and folders by their path", () => {
    const rows = parseRepositories(
      ["https://u:p@a.example.org/main\nfile:///media/cdrom/apks\n/srv/apks\n"],
      "x86_64",
    )
    assert.deepStrictEqual(
      rows.map(({ name, localIndex }) => [name, localIndex]),
      [
        ["https://a.example.org/main", undefined],
        ["file:///media/cdrom/apks", "/media/cdrom/apks/x86_64/APKINDEX.tar.gz"],
        ["/srv/apks", "/srv/apks/x86_64/APKINDEX.tar.gz"],
      ],
    )
  })

  it("have the index files that were seen on the recorded hosts", () => {
    const rows = parseRepositories(["http://repo.example.org/main\nhttp://repo.example.org/edge\n"], "x86_64")
    assert.deepStrictEqual(
      rows.map((row) => [cachedIndexName(row, 2), cachedIndexName(row, 3)]),
      [
        ["APKINDEX.349c83d2.tar.gz", "APKINDEX.9494083d.tar.gz"],
        ["APKINDEX.9741f0ef.tar.gz", "APKINDEX.ef99443f.tar.gz"],
      ],
    )
  })
})

describe("an index", () => {
  it("tells sizes of what is wanted, and when it was made", () => {
    const found = parseIndex(gunzipSync(packedIndex()).toString("utf8"), new Set(["lab-plain-1.1-r0"]))
    assert.deepStrictEqual([...found.sizes], [["lab-plain-1.1-r0", { download: 976, installed: 17 }]])
    assert.strictEqual(found.madeAt?.epochMilliseconds, Date.UTC(2026, 10, 22, 16, 15, 5))
  })

  it("that is no index tells nothing", () => {
    assert.deepStrictEqual(parseIndex("\u0000ADBd rubbish\n\n", new Set(["-"])), { sizes: new Map() })
  })
})
