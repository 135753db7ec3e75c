import { assert, describe, it } from "@effect/vitest"
import { fits, isMeant, parseDependency } from "../../../src/package-manager/pacman/dependency.ts"

const glib = { name: "glib2", version: "1:2.80.0-2", provides: ["libglib-2.0.so=0-64", "glib2-static"] }

describe("a dependency of pacman", () => {
  it("is a name, or a name with a version", () => {
    assert.deepStrictEqual(parseDependency("glibc"), { name: "glibc" })
    assert.deepStrictEqual(parseDependency("glibc>=2.39-1"), {
      name: "glibc",
      operator: ">=",
      version: "2.39-1",
    })
    assert.deepStrictEqual(parseDependency("so=0-64"), { name: "so", operator: "=", version: "0-64" })
  })

  it.each([
    ["glib2", true],
    ["glib2=1:2.80.0", true],
    ["glib2=2.80.0", false],
    ["glib2>=1:2.80", true],
    ["glib2>1:2.80.0-2", false],
    ["glib2<=1:2.80.0-2", true],
    ["glib2<1:2.81", true],
    ["libglib-2.0.so=0-64", true],
    ["libglib-2.0.so=1-64", false],
    ["libglib-2.0.so", true],
    ["glib2-static", true],
    // What is provided without a version fits none that names one.
    ["glib2-static>=1", false],
    ["glib", false],
  ])("%s: %s", (dependency, expected) => {
    assert.strictEqual(fits(glib, parseDependency(dependency)), expected)
  })

  it("is meant only by its own name", () => {
    assert.isTrue(isMeant(glib, parseDependency("glib2>1")))
    assert.isFalse(isMeant(glib, parseDependency("glib2-static")))
  })
})
