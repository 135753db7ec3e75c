import { assert, describe, it } from "@effect/vitest"
import * as Schema from "effect/Schema"
import { fnmatch } from "../../../src/package-manager/pacman/fnmatch.ts"

describe("fnmatch", () => {
  it.each([
    ["linux", "linux", "linux-lts"],
    ["linux*", "linux-lts", "my-linux"],
    ["l?nux", "linux", "lnux"],
    ["linux[0-9]", "linux6", "linux"],
    ["linux[!0-9]", "linuxa", "linux6"],
    ["gtk[]x]", "gtk]", "gtk"],
    ["gtk+", "gtk+", "gtkk"],
    ["g\\*k", "g*k", "gtk"],
    ["a[b", "a[b", "ab"],
    ["a.c", "a.c", "abc"],
    ["nvidia****dkms", "nvidia-open-dkms", "nvidia"],
  ])("%s fits %s, not %s", (pattern, fitting, other) => {
    assert.deepStrictEqual([fnmatch(pattern)(fitting), fnmatch(pattern)(other)], [true, false])
  })

  it("fits nothing with a range that is none", () => {
    assert.isFalse(fnmatch("[z-a]")("z"))
  })

  it.prop("never throws, and fits itself where nothing in it is special", [Schema.String], ([text]) => {
    const matches = fnmatch(text)(text)
    return matches || /[*?[\\]/.test(text)
  })
})
