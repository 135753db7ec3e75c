import { assert, describe, it } from "@effect/vitest"
import { existsSync, readFileSync } from "node:fs"

const path = "docs/reference/error-classes.md"
const page = readFileSync(path, "utf8")

describe(path, () => {
  const rows = page
    .split("\n")
    .filter((line) => line.startsWith("| "))
    .slice(2)
    .map((line) => line.split("|").map((cell) => cell.trim()))

  it.each(rows.map((cells) => [cells[1] ?? "", cells] as const))("%s is shown by tests", (_, cells) => {
    assert.lengthOf(cells, 7)
    const tests = [...(cells[4] ?? "").matchAll(/`(test\/[^`]+)`/g)].map(([, file = ""]) => file)
    assert.isNotEmpty(tests)
    assert.deepStrictEqual(
      tests.filter((file) => !existsSync(file)),
      [],
    )
  })
})
