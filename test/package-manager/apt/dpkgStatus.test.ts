import { assert, describe, it } from "@effect/vitest"
import * as Schema from "effect/Schema"
import { statusReader } from "../../../src/package-manager/apt/dpkgStatus.ts"

const read = (text: string, pieces = 1) => {
  const reader = statusReader()
  const length = Math.max(1, Math.ceil(text.length / pieces))
  for (let at = 0; at < text.length; at += length) reader.add(text.slice(at, at + length))
  reader.end()
  return reader.result()
}

const record = (name: string, ...lines: ReadonlyArray<string>) =>
  [`Package: ${name}`, "Status: install ok installed", "Architecture: amd64", ...lines, "", ""].join("\n")

const status = [
  record("a", "Version: 1:2.0-1+b1", "Source: src (1:2.0-1)", "Description: first", " .", "\tPackage: no"),
  record("b", "version: 1.0", "SOURCE: src", "Conffiles:", " /etc/b 0000 obsolete"),
  "Package: m\nStatus: hold ok installed\nMulti-Arch: same\nArchitecture: amd64\nVersion: 1\n\n",
  "Package: m\nStatus: install ok installed\nMulti-Arch: same\nArchitecture: i386\nVersion: 1\n\n",
  "Package: rest\nStatus: deinstall ok config-files\nArchitecture: all\nVersion: 1\n\n",
  "Package: gone\nStatus: purge ok not-installed\n\n",
  "Package: bad\nStatus: install reinstreq half-installed\nArchitecture: all\nVersion: 3\n\n",
].join("")

describe("the status file of dpkg", () => {
  it("has source packages, several architectures, and what is only left or broken", () => {
    const { packages, faults, notUnderstood } = read(status)
    const row = { manager: "apt", architecture: "amd64" }
    assert.deepStrictEqual<unknown>(packages, [
      { ...row, name: "a", version: "1:2.0-1+b1", source: "src", sourceVersion: "1:2.0-1" },
      { ...row, name: "b", version: "1.0", source: "src" },
      { ...row, name: "m", version: "1", held: true },
      { ...row, name: "m", version: "1", architecture: "i386" },
    ])
    assert.deepStrictEqual<unknown>(
      [faults, notUnderstood],
      [[{ manager: "apt", name: "bad", version: "3", state: "reinstall_required" }], 0],
    )
  })

  it.prop(
    "reads the same however its text is cut",
    [Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 400 }))],
    ([pieces]) => {
      assert.deepStrictEqual(read(status, pieces), read(status))
    },
  )

  it.prop("counts what it cannot read, and never fails", [Schema.String], ([garbage]) => {
    const lines = garbage.split("\n").filter((line) => line.trim() !== "")
    const { packages, notUnderstood } = read(`${status}${garbage}\n\n`)
    assert.strictEqual(packages.length, 4)
    if (lines.length > 0 && !garbage.includes(":")) assert.isAbove(notUnderstood, 0)
  })

  it.each([
    ["a status that is none", record("x", "Version: 1").replace("ok", "constructor")],
    ["no version", record("x")],
    ["no name", record("x", "Version: 1").replace("Package", "Pkg")],
    ["a name that is none", record("-rf", "Version: 1")],
    ["a line without a field before it", ` continued\n${record("x", "Version: 1")}`],
  ])("counts %s", (_, text) => {
    assert.strictEqual(read(status + text).notUnderstood, 1)
  })

  it("gives way to the journal, also where a package changed its architecture", () => {
    const reader = statusReader()
    reader.add(status)
    reader.end()
    reader.addFile(
      "Package: b\nStatus: install ok installed\nArchitecture: all\nVersion: 2\n\n" +
        "Package: m\nStatus: deinstall ok config-files\nMulti-Arch: same\nArchitecture: i386\nVersion: 1\n",
      "journal",
    )
    assert.deepStrictEqual<unknown>(
      reader.result().packages.map(({ name, architecture, version }) => [name, architecture, version]),
      [
        ["a", "amd64", "1:2.0-1+b1"],
        ["b", "all", "2"],
        ["m", "amd64", "1"],
      ],
    )
  })
})
