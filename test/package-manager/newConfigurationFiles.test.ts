import { assert, describe, it } from "@effect/vitest"
import { newFiles } from "../../src/package-manager/newConfigurationFiles.ts"

describe("newFiles", () => {
  it("names what appeared and what was replaced, not what was there", () => {
    const before = new Map([
      ["/etc/a.dpkg-dist", "1"],
      ["/etc/b.dpkg-dist", "2"],
      ["/etc/gone.ucf-dist", "3"],
    ])
    const after = new Map([
      ["/etc/a.dpkg-dist", "1"],
      ["/etc/b.dpkg-dist", "9"],
      ["/etc/c.ucf-dist", "4"],
    ])
    assert.deepStrictEqual(newFiles(before, after), ["/etc/b.dpkg-dist", "/etc/c.ucf-dist"])
  })
})
