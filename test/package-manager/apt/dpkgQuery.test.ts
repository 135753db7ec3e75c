import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { aptName, nativeArchitecture, parseDpkgRows } from "../../../src/package-manager/apt/dpkgQuery.ts"
import { recorded } from "./recordedHost.ts"

const line = (status: string, name: string, version = "1.0-1", source = name, sourceVersion = version) =>
  `${[status, name, version, "amd64", source, sourceVersion].join("\t")}\n`

describe("parseDpkgRows", () => {
  it("lists what is installed and meant to be, with holds", () => {
    const { packages, faults, notUnderstood } = parseDpkgRows(line("ii ", "bash") + line("hi ", "lab-held"))
    assert.deepEqual<unknown>(packages, [
      { manager: "apt", name: "bash", architecture: "amd64", version: "1.0-1" },
      { manager: "apt", name: "lab-held", architecture: "amd64", version: "1.0-1", held: true },
    ])
    assert.deepEqual<unknown>([faults, notUnderstood], [[], 0])
  })

  it("leaves out removed packages whose configuration files remain", () => {
    const rows = parseDpkgRows(line("rc ", "lab-rc") + line("un ", "gone", "") + line("pn ", "gone2", ""))
    assert.deepEqual<unknown>(rows, { packages: [], faults: [], notUnderstood: 0 })
  })

  it("names source and source version where they differ", () => {
    const [row] = parseDpkgRows(line("ii ", "lab-sourced", "1.0-1", "lab-source", "1:2.3")).packages
    assert.deepEqual<unknown>([row?.source, row?.sourceVersion], ["lab-source", "1:2.3"])
    const [rebuilt] = parseDpkgRows(line("ii ", "bash", "5.2-2+b8", "bash", "5.2-2")).packages
    assert.deepEqual<unknown>([rebuilt?.source, rebuilt?.sourceVersion], [undefined, "5.2-2"])
  })

  it.each([
    ["iU ", "unpacked"],
    ["iF ", "half_configured"],
    ["rF ", "half_configured"],
    ["iH ", "half_installed"],
    ["iHR", "reinstall_required"],
    ["iUR", "reinstall_required"],
  ])("takes %s for a fault, not for an installed package", (status, state) => {
    const { packages, faults } = parseDpkgRows(line(status, "lab-x"))
    assert.deepEqual<unknown>(packages, [])
    assert.deepEqual<unknown>(faults, [{ manager: "apt", name: "lab-x", version: "1.0-1", state }])
  })

  it.each([
    ["iiR", "reinstall_required"],
    ["iW ", "triggers_pending"],
    ["it ", "triggers_pending"],
  ])("takes %s for installed and for a fault: it is in use", (status, state) => {
    const { packages, faults } = parseDpkgRows(line(status, "lab-x"))
    assert.deepEqual<unknown>([packages.length, faults[0]?.state], [1, state])
  })

  it("takes what is to be removed for installed until it is", () => {
    const { packages, faults } = parseDpkgRows(line("ri ", "lab-x") + line("pi ", "lab-y"))
    assert.deepEqual<unknown>([packages.map(({ name }) => name), faults], [["lab-x", "lab-y"], []])
  })

  it("reports a fault without a version", () => {
    assert.deepEqual<unknown>(parseDpkgRows(line("iH ", "lab-x", "")).faults, [
      { manager: "apt", name: "lab-x", state: "half_installed" },
    ])
  })

  it("counts lines that are no record", () => {
    const text = `${line("xx ", "bash")}bash 5.2\n\n${line("ii ", "-o")}${line("ii ", "a", "")}${line("ii ", "b").trimEnd()}\tmore\n`
    assert.deepEqual<unknown>(parseDpkgRows(text), { packages: [], faults: [], notUnderstood: 6 })
  })

  it.each(["debian-11-lab", "debian-12-lab", "debian-13-lab", "debian-12-real"] as const)(
    "counts on %s what grep -c '^[hi]i' counts",
    (host) => {
      const stdout = recorded(host, "dpkg-query.stdout")
      const { packages, notUnderstood } = parseDpkgRows(stdout)
      assert.strictEqual(packages.length, stdout.match(/^[hi]i/gm)?.length)
      assert.strictEqual(notUnderstood, 0)
    },
  )

  it.effect.prop("never throws", [Schema.String], ([text]) =>
    Effect.sync(() => {
      const { packages, faults, notUnderstood } = parseDpkgRows(text)
      assert.isAtMost(packages.length + notUnderstood, text.split("\n").length)
      assert.isAtMost(faults.length, text.split("\n").length)
    }),
  )
})

describe("aptName", () => {
  const { packages } = parseDpkgRows(
    line("ii ", "dpkg") +
      line("ii ", "libc6") +
      line("ii ", "libc6").replace("amd64", "i386") +
      line("ii ", "adduser").replace("amd64", "all"),
  )

  it("is the bare name but for foreign architectures", () => {
    const native = nativeArchitecture(packages)
    assert.strictEqual(native, "amd64")
    assert.deepEqual<unknown>(
      packages.map((row) => aptName(row, native)),
      ["dpkg", "libc6", "libc6:i386", "adduser"],
    )
  })
})
