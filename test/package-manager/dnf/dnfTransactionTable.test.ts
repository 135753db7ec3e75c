import { assert, describe, it } from "@effect/vitest"
import { readFileSync } from "node:fs"
import { parseTransactionTable } from "../../../src/package-manager/dnf/dnfTransactionTable.ts"

// dnf 4.23 and dnf5 5.4 on a host with one installed version of each package and newer ones waiting. yum-3.4 was
// printed by the table functions of yum 3.4.3's own output.py, for 80 columns, with made-up packages.
const recorded = (name: string) =>
  readFileSync(new URL(`../../fixtures/dnf/transaction-tables/${name}.stdout`, import.meta.url), "utf8")

const texts = (table: ReturnType<typeof parseTransactionTable>) => ({
  installs: table.installs.map(
    ({ action, name, version, architecture }) => `${action} ${name}-${version}.${architecture}`,
  ),
  removals: table.removals.map(
    ({ name, version, architecture, replacedBy }) =>
      `${name}-${version}.${architecture}${replacedBy === undefined ? "" : ` for ${replacedBy}`}`,
  ),
  skipped: table.skipped.map(({ name, version, because }) => `${name}-${version} ${because}`),
  notUnderstood: table.notUnderstood,
})

describe.each(["dnf-4.23", "dnf5-5.4"])("%s", (dialect) => {
  it("reads upgrades, new packages, replaced ones, and what is skipped", () => {
    const table = texts(parseTransactionTable(recorded(`${dialect}.all`)))
    assert.strictEqual(table.notUnderstood, 0)
    assert.includeMembers(table.installs, [
      "upgrade lab-epoch-1:1.1-1.noarch",
      "upgrade lab-archchange-1.1-1.x86_64",
      "upgrade lab-hidden-2.0-1.noarch",
      "install lab-new-1.1-1.noarch",
      "install lab-newdep-lib-1.0-1.noarch",
      "install kernel-core-6.1.4-1.x86_64",
      "install x-rec-1.0-1.noarch",
    ])
    assert.sameMembers(table.removals, [
      "lab-old-1.0-1.noarch for lab-new",
      "x-part-1.0-1.noarch for x-split",
    ])
    assert.sameMembers(table.skipped, ["lab-conflict-1.1-1 conflict", "lab-unsat-1.1-1 dependencies"])
  })

  it("reads names and versions wider than a screen", () => {
    const { installs, notUnderstood } = texts(parseTransactionTable(recorded(`${dialect}.long`)))
    assert.strictEqual(notUnderstood, 0)
    assert.include(installs, `upgrade x-${"long".repeat(20)}-1.1-1.${"rel".repeat(15)}.noarch`)
  })

  it("reads what has to go", () => {
    const erase = texts(parseTransactionTable(recorded(`${dialect}.erase`)))
    assert.deepStrictEqual(erase.removals, ["lab-victim-1.0-1.noarch"])
    const kernels = texts(parseTransactionTable(recorded(`${dialect}.kernels`)))
    assert.sameMembers(kernels.installs, [
      "install kernel-6.1.4-1.x86_64",
      "install kernel-core-6.1.4-1.x86_64",
    ])
    assert.sameMembers(kernels.removals, ["kernel-6.1.1-1.x86_64", "kernel-core-6.1.1-1.x86_64"])
    assert.deepStrictEqual([erase.notUnderstood, kernels.notUnderstood], [0, 0])
  })

  it("a table that was cut off is not understood, wherever it was cut", () => {
    const whole = recorded(`${dialect}.all`)
    const body = whole.indexOf("\n", whole.indexOf(" Package") + 200)
    for (let end = body; end < whole.indexOf("Transaction Summary"); end += 37) {
      assert.isAbove(parseTransactionTable(whole.slice(0, end)).notUnderstood, 0)
    }
  })

  it("a missing or an extra row contradicts the summary", () => {
    const whole = recorded(`${dialect}.all`)
    const row = /^ lab-plain .*\n/m.exec(whole)?.[0] ?? ""
    assert.notStrictEqual(row, "")
    assert.strictEqual(parseTransactionTable(whole.replace(row, "")).notUnderstood, 1)
    assert.strictEqual(parseTransactionTable(whole.replace(row, row + row)).notUnderstood, 1)
  })
})

describe("yum 3", () => {
  it("reads rows that go on in the next line", () => {
    assert.deepStrictEqual(texts(parseTransactionTable(recorded("yum-3.4"))), {
      installs: [
        "install kernel-3.10.0-1160.119.1.el7.x86_64",
        "upgrade openssl-libs-1:1.0.2k-26.el7_9.x86_64",
        "upgrade java-1.8.0-openjdk-headless-1:1.8.0.412.b08-1.el7_9.x86_64",
        "upgrade bash-4.2.46-35.el7_9.x86_64",
        "install python-perf-3.10.0-1160.119.1.el7.x86_64",
        "upgrade systemd-networkd-wait-online-with-a-long-name-that-needs-a-line-219-78.el7_9.9.x86_64",
      ],
      removals: [
        "java-1.8.0-openjdk-policy-1.8.0.200.b01-1.el7.noarch for java-1.8.0-openjdk-headless",
        "kernel-3.10.0-957.el7.x86_64",
      ],
      skipped: ["ca-certificates-legacy-bundle-2024.2.69_v8.0.303-72.el7_9 dependencies"],
      notUnderstood: 0,
    })
  })
})

describe("any dialect", () => {
  const table = (...lines: ReadonlyArray<string>) =>
    parseTransactionTable(
      [
        "Some plugin says: this  is  not a table",
        "=".repeat(80),
        " Package   Architecture   Version   Repository   Size",
        "=".repeat(80),
        ...lines,
        "",
      ].join("\n"),
    )

  it("counts what it does not know: headlines, their rows, and words", () => {
    assert.strictEqual(table("Frobnicating:", " a noarch 1-1 r 1 k", "Transaction Summary").notUnderstood, 2)
    assert.strictEqual(table("Upgrading:", " a noarch one r 1 k", "Transaction Summary").notUnderstood, 1)
    assert.strictEqual(table("Transaction Summary", "Remove  1 Package").notUnderstood, 1)
  })

  it("passes over modules and groups, which are no packages", () => {
    const rows = ["Enabling module streams:", " nodejs    18", "Installing Environment Groups:", " Server"]
    assert.strictEqual(table(...rows, "Transaction Summary").notUnderstood, 0)
  })

  it("without a table there is nothing", () => {
    const nothing = { installs: [], removals: [], skipped: [], notUnderstood: 0 }
    assert.deepStrictEqual(
      parseTransactionTable("Dependencies resolved.\nNothing to do.\nComplete!\n"),
      nothing,
    )
    assert.deepStrictEqual(parseTransactionTable(""), nothing)
  })
})
