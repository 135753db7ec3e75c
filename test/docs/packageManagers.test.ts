import { describe, it } from "@effect/vitest"
import { readFileSync } from "node:fs"
import { scenarios } from "../package-manager/suite/ManagerWorld.ts"
import { verified, type Verified } from "../package-manager/suite/verified.ts"

const path = "docs/reference/package-managers.md"

const how = ({ played, runs }: Verified) => {
  if (played !== undefined) return `verified against ${played}`
  return runs === "always"
    ? "the real program, at every test run"
    : "the real program, on request (`PATCHCTL_LAB_ALL=1`)"
}

const row = (one: Verified) => `| ${one.manager} | ${one.program} | ${how(one)} | ${one.from} |`

const tables: Readonly<Record<string, ReadonlyArray<string>>> = {
  verified: ["| manager | program | verified against | from |", "|---|---|---|---|", ...verified.map(row)],
  scenarios: [
    "| state of the host | what it is |",
    "|---|---|",
    ...Object.entries(scenarios).map(([name, what]) => `| ${name} | ${what} |`),
  ],
}

/** Puts each table between its two marks; the rest of the page is written by hand. */
const withTables = (page: string) =>
  Object.entries(tables).reduce(
    (text, [name, lines]) =>
      text.replace(
        new RegExp(`(<!-- ${name}: .*-->\n)[^]*?(<!-- end -->)`),
        (_, start: string, end: string) => `${start}\n${lines.join("\n")}\n\n${end}`,
      ),
    page,
  )

describe(path, () => {
  it("shows what is verified against what, as the tests do it", async ({ expect }) => {
    await expect(withTables(readFileSync(path, "utf8"))).toMatchFileSnapshot(`../../${path}`)
  })
})
