import { assert, describe, it } from "@effect/vitest"
import { blamed, parseNewer, parsePrinted } from "../../../src/package-manager/pacman/upgradeListing.ts"
import { recorded, recordedHosts } from "./recordedHost.ts"

describe("what pacman would upgrade", () => {
  it.each(recordedHosts)("is listed by %s with what is ignored", (host) => {
    const { rows, notUnderstood } = parseNewer(recorded(host, "upgrades.stdout"))
    assert.deepStrictEqual([rows.length, notUnderstood], [14, 0])
    assert.deepStrictEqual(
      rows.find(({ name }) => name === "lab-epoch"),
      { name: "lab-epoch", from: "9.0-1", to: "1:1.0-1", ignored: false },
    )
    assert.deepStrictEqual(
      rows.filter(({ ignored }) => ignored).map(({ name }) => name),
      ["lab-grouped", "lab-held"],
    )
  })

  it.each(recordedHosts)("is printed by %s with what comes along", (host) => {
    const { rows, notUnderstood } = parsePrinted(recorded(host, "upgrade.stdout"))
    assert.deepStrictEqual([rows.length, notUnderstood], [14, 0])
    const names = rows.map(({ name }) => name)
    assert.includeMembers(names, ["lab-new", "lab-newdep-lib", "linux"])
    assert.notIncludeMembers(names, ["lab-held", "lab-grouped"])
    assert.isTrue(rows.every(({ repository, bytes }) => repository === "lab" && bytes > 0))
  })

  it("counts every line that is none of it", () => {
    const garbage = "a 1-1 -> 2-1\n:: a question? [Y/n]\na 1-1\n\u0000\uFFFD\n"
    assert.deepStrictEqual([parseNewer(garbage).rows.length, parseNewer(garbage).notUnderstood], [1, 3])
    assert.strictEqual(
      parsePrinted("core\ta\t1-1\tmany\ncore\ta\t1-1\ncore\ta\t1-1\t1\tx\n").notUnderstood,
      3,
    )
  })

  it.each(recordedHosts)("is refused by %s with names", (host) => {
    assert.deepStrictEqual(
      [...blamed(recorded(host, "refused.stdout"))],
      [
        ["lab-needsheld", "unable to satisfy dependency 'lab-held>=1.1' required by lab-needsheld"],
        ["lab-unsat", "unable to satisfy dependency 'lab-nowhere' required by lab-unsat"],
      ],
    )
  })

  it("blames the new version that an installed package does not fit, and not who asks a question", () => {
    const stdout =
      ":: installing lab-lib (1.1-1) breaks dependency 'lab-lib=1.0' required by lab-user\n:: Replace a with lab/b? [Y/n]\n"
    assert.deepStrictEqual([...blamed(stdout).keys()], ["lab-lib"])
  })
})
