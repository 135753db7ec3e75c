import { assert, describe, it } from "@effect/vitest"
import { existsSync, readFileSync } from "node:fs"
import { dirname, join } from "node:path"
import { pages } from "./pages.ts"

const prose = (text: string) => text.replaceAll(/^```.*?^```$/gms, "")

/** The names by which a page's headings can be linked to, as GitHub makes them. */
const anchorsOf = (text: string): ReadonlyArray<string> =>
  [...prose(text).matchAll(/^#{1,6} (.+)$/gm)].map(([, heading = ""]) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}\s_-]/gu, "")
      .trim()
      .replaceAll(" ", "-"),
  )

const linksOf = (text: string) =>
  [...prose(text).matchAll(/\]\(([^)\s]+)\)/g)]
    .map(([, target = ""]) => target)
    .filter((target) => !/^[a-z]+:/.test(target))

const isDead = (page: string) => (target: string) => {
  const [path = "", anchor] = target.split("#")
  const file = path === "" ? page : join(dirname(page), path)
  if (!existsSync(file)) return true
  return anchor !== undefined && !anchorsOf(readFileSync(file, "utf8")).includes(anchor)
}

describe("pages", () => {
  it("link to what is there", () => {
    const links = pages.flatMap(({ text }) => linksOf(text))
    assert.isAbove(links.length, 80)
    const dead = pages.flatMap(({ path, text }) =>
      linksOf(text)
        .filter(isDead(path))
        .map((target) => `${path}: ${target}`),
    )
    assert.deepStrictEqual(dead, [])
  })

  it("would notice a page or a heading that is not there", () => {
    const targets = ["docs/nothing.md", "docs/security.md#nothing", "docs/security.md#clones"]
    assert.deepStrictEqual(targets.map(isDead("README.md")), [true, true, false])
  })
})
