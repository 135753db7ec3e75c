import { assert, describe, it } from "@effect/vitest"
import * as Schema from "effect/Schema"
import { isLocked, parseLocks } from "../../../src/package-manager/zypper/zyppLocks.ts"
import { recorded, versions } from "./recordedZypper.ts"

const lock = (...lines: ReadonlyArray<string>) =>
  parseLocks(["", "type: package", "match_type: glob", "case_sensitive: on", ...lines, ""].join("\n"))

const row = (name: string, version = "1.0-1") => ({ name, version })

describe("zypper's locks", () => {
  it.each(versions)("are read as zypper %s writes them", (version) => {
    const locks = parseLocks(recorded(version, "locks.txt"))
    assert.isTrue(isLocked(locks, row("lab-held")))
    assert.isFalse(isLocked(locks, row("lab-held2")))
  })

  it("are patterns, and the other characters of names mean themselves", () => {
    const locks = lock("solvable_name: lib?++*")
    assert.isTrue(isLocked(locks, row("libc++-devel")))
    assert.isFalse(isLocked(locks, row("libccc-devel")))
    assert.isFalse(isLocked(lock("solvable_name: a.c"), row("abc")))
    assert.isFalse(isLocked(lock("solvable_name: Kernel"), row("kernel")))
  })

  it("hold some versions only, in each of the ways they are written", () => {
    for (const locks of [lock("solvable_name: k", "version: > 5.3"), lock("solvable_name: k > 5.3")]) {
      assert.isFalse(isLocked(locks, row("k", "5.3-150")))
      assert.isTrue(isLocked(locks, row("k", "5.4-1")))
    }
    assert.isTrue(isLocked(lock("solvable_name: k", "version: == 5.3-1"), row("k", "5.3-1")))
    assert.isFalse(isLocked(lock("solvable_name: k", "version: == 5.3-1"), row("k", "5.3-2")))
  })

  it("on a repository hold what it offers, not what is installed", () => {
    const locks = lock("solvable_name: *", "repo: extras")
    assert.isFalse(isLocked(locks, row("vlc")))
    assert.isTrue(isLocked(locks, row("vlc"), "extras"))
    assert.isFalse(isLocked(locks, row("vlc"), "main"))
  })

  it("on patches and products, and those that only libzypp can judge, hold no package here", () => {
    const others = [
      "type: patch\nmatch_type: glob\nsolvable_name: lab-held\n",
      "type: package\nmatch_type: regex\nsolvable_name: ^lab\n",
      "type: package\nmatch_type: glob\nquery_string: lab\nsolvable_summary: x\n",
      "type: package\nsolvable_name: lab-held\n",
    ]
    for (const text of others) assert.isFalse(isLocked(parseLocks(text), row("lab-held")), text)
  })

  it.prop("are read from any text", [Schema.String], ([text]) => {
    isLocked(parseLocks(`type: package\nmatch_type: glob\nsolvable_name: ${text}`), row(text))
  })
})
