import { assert, describe, it } from "@effect/vitest"
import * as Schema from "effect/Schema"
import { databaseReader } from "../../../src/package-manager/apk/apkDatabase.ts"
import { parseWorld, worldObjection } from "../../../src/package-manager/apk/apkWorld.ts"
import { generations, recordedFile } from "./recordings.ts"

const read = (text: string, world = "", pieces = 1) => {
  const reader = databaseReader(parseWorld(world))
  const length = Math.ceil(text.length / pieces)
  for (let at = 0; at < text.length; at += length) reader.add(text.slice(at, at + length))
  return reader.end()
}

describe("the world", () => {
  const objections = (text: string, ...names: ReadonlyArray<string>) =>
    names.map((name) => worldObjection(parseWorld(text), name))

  it("holds what it asks for at one version or as one file, and pins what it bounds from above", () => {
    const world = "a=1.0-r0 b><Q12l/v/T0pPK3aQaUWmI9djiLpF+g=\nc<2\nd<=2 e~1.0\nf<~1.0"
    assert.deepStrictEqual(objections(world, "a", "b", "c", "d", "e", "f"), [
      "held",
      "held",
      "pinned",
      "pinned",
      "pinned",
      "pinned",
    ])
  })

  it("lets everything else move", () => {
    assert.deepStrictEqual(
      objections("a\nb@edge\nc>1 d>=1 e>~1\n!f=1.0-r0\n", "a", "b", "c", "d", "e", "f", "g"),
      [undefined, undefined, undefined, undefined, undefined, undefined, undefined],
    )
  })

  it("finds the constraint behind a tag", () => {
    assert.deepStrictEqual(objections("a@edge=1.0-r0", "a"), ["held"])
  })
})

describe("the database of installed packages", () => {
  it.each(generations)("is read as apk %i writes it", (generation) => {
    const database = read(recordedFile(generation, "installed"), recordedFile(generation, "world"))
    assert.strictEqual(database.notUnderstood, 0)
    assert.deepStrictEqual(database.faults, [])
    assert.lengthOf(database.packages, 26)
    const row = (name: string) => database.packages.find((one) => one.name === name)
    assert.deepStrictEqual<unknown>(row("lab-libs"), {
      manager: "apk",
      name: "lab-libs",
      version: "2.0-r0",
      architecture: "x86_64",
      source: "lab-source",
    })
    assert.strictEqual(row("lab-pinned")?.held, true)
    assert.isUndefined(row("lab-fuzzy")?.held)
    assert.strictEqual(database.sizes.get("lab-conf"), 4)
  })

  it.each(generations)("tells the packages of apk %i whose script or trigger failed", (generation) => {
    const { faults } = read(recordedFile(generation, "installed-broken"))
    assert.deepStrictEqual<unknown>(
      faults,
      ["lab-post-upgrade", "lab-pre-upgrade", "lab-trigger"].map((name) => ({
        manager: "apk",
        name,
        version: "1.1-r0",
        state: "half_configured",
      })),
    )
  })

  it("asks to install again what could not be put in place, and makes nothing of attributes", () => {
    const record = (flags: string) => `P:a\nV:1-r0\nA:noarch\nf:${flags}\n\n`
    const states = ["fs", "x", "S", "sS"].map((flags) => read(record(flags)).faults.map(({ state }) => state))
    assert.deepStrictEqual(states, [["reinstall_required"], [], [], ["half_configured"]])
  })

  it.prop(
    "reads the same however its text is cut",
    [Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 4000 }))],
    ([pieces]) => {
      const text = recordedFile(3, "installed-broken")
      assert.deepStrictEqual(read(text, "", pieces), read(text))
    },
  )

  it("takes no virtual package for one", () => {
    const database = read("P:.build-deps\nV:20261122.155413\nA:noarch\nT:virtual meta package\n\n")
    assert.deepStrictEqual([database.packages, database.notUnderstood], [[], 0])
  })

  it("counts a record that breaks off, lines that are no fields, and records that are no packages", () => {
    assert.strictEqual(read("P:a\nV:1-r0\nA:x86_64\n").notUnderstood, 1)
    assert.strictEqual(read("P:a\nV:1-r0\nA:x86_64\n\nP:b").notUnderstood, 1)
    assert.strictEqual(read("rubbish here\n\u0000\u0001\n").notUnderstood, 2)
    assert.strictEqual(read("P:--root\nV:1-r0\nA:x86_64\n\n").notUnderstood, 1)
    assert.strictEqual(read("V:1-r0\nA:x86_64\n\n").notUnderstood, 1)
  })

  it("keeps no line without an end", () => {
    const reader = databaseReader(new Map())
    for (let piece = 0; piece < 100; piece += 1) reader.add("x".repeat(1024 * 1024))
    assert.deepStrictEqual(reader.end().packages, [])
  })
})
