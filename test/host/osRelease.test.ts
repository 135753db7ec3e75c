import { assert, describe, it } from "@effect/vitest"
import * as Schema from "effect/Schema"
import { readFileSync } from "node:fs"
import { distribution, isDebian, osRelease } from "../../src/host/osRelease.ts"

const debian12 = readFileSync(new URL("../fixtures/host/debian-12.os-release", import.meta.url), "utf8")

describe("osRelease", () => {
  it("reads Debian's own file", () => {
    assert.deepStrictEqual(distribution(osRelease(debian12)), {
      osId: "debian",
      osVersion: "12",
      osName: "Debian GNU/Linux 12 (bookworm)",
      osCodename: "bookworm",
    })
  })

  it.each([
    ["NAME=Fedora", "Fedora"],
    ['NAME="Fedora Linux"', "Fedora Linux"],
    ["NAME='Fedora Linux'", "Fedora Linux"],
    ['NAME="a \\"b\\" \\$c \\`d\\` \\\\e \\f"', 'a "b" $c `d` \\e \\f'],
    ["NAME='a\\\"b'", 'a\\"b'],
    ["NAME=a\\ b", "a b"],
    ['NAME=""', ""],
    ["NAME=", ""],
    ['NAME="unfinished', '"unfinished'],
    ["  NAME=indented  ", "indented"],
    ['NAME="a\u2028b"', "a\u2028b"],
    ["NAME=first\nNAME=second", "second"],
    ["NAME=dos\r\nID=x\r", "dos"],
  ])("unquotes %j as a shell would", (text, expected) => {
    assert.strictEqual(osRelease(text).get("NAME"), expected)
  })

  it("passes over comments, blank lines and what is no assignment", () => {
    assert.deepStrictEqual(
      [...osRelease("# NAME=no\n\n9NAME=no\nexport NAME=no\nID=arch\n")],
      [["ID", "arch"]],
    )
  })

  it("has the manual's defaults, and no version for a rolling release", () => {
    assert.deepStrictEqual(distribution(osRelease("")), { osId: "linux", osVersion: "", osName: "Linux" })
    assert.deepStrictEqual(distribution(osRelease("ID=arch\nNAME=Arch")), {
      osId: "arch",
      osVersion: "",
      osName: "Arch",
    })
  })

  it("knows Debian and what is made from it", () => {
    assert.isTrue(isDebian(osRelease(debian12)))
    assert.isTrue(isDebian(osRelease('ID=linuxmint\nID_LIKE="ubuntu debian"')))
    assert.isTrue(isDebian(osRelease("ID=ubuntu\nID_LIKE=debian")))
    assert.isFalse(isDebian(osRelease('ID=rocky\nID_LIKE="rhel centos fedora"')))
  })

  it.prop("takes any text", [Schema.String], ([text]) => {
    assert.isString(distribution(osRelease(text)).osName)
  })

  it.prop("gives back any text that was quoted for it", [Schema.String], ([text]) => {
    const value = text.replaceAll(/[\r\n]/g, " ")
    const quoted = value.replaceAll(/["$`\\]/g, String.raw`\$&`)
    assert.strictEqual(osRelease(`NAME="${quoted}"`).get("NAME"), value)
  })
})
