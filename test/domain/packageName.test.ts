import { assert, describe, it } from "@effect/vitest"
import * as Schema from "effect/Schema"
import { PackageName } from "../../src/domain/Package.ts"

const isName = Schema.is(PackageName)

describe("a package name", () => {
  it("is what dpkg, rpm, apk and pacman call packages", () => {
    for (const name of [
      "g++",
      "libstdc++6:i386",
      "_posix",
      "0ad",
      "java-1.8.0-openjdk",
      "linux-image-6.1.0-28-amd64",
      "foo@bar",
      "a~b^c",
    ]) {
      assert.isTrue(isName(name), name)
    }
  })

  it("is nothing that a package manager takes for an option, a group, a pattern, a path or two words", () => {
    for (const name of [
      "",
      "-y",
      "--allow-downgrades",
      "@core",
      "@^minimal-environment",
      "@nodejs:18/common",
      "lib*",
      "lib?",
      "[a-z]",
      "/usr/bin/bash",
      "../x",
      ".hidden",
      "a b",
      "a\n",
      "a;b",
      "$(id)",
      "a=1",
      "a<2",
      "!a",
      "é",
      "x".repeat(257),
    ]) {
      assert.isFalse(isName(name), JSON.stringify(name))
    }
  })
})
