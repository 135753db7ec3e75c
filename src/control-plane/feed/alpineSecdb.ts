import * as Schema from "effect/Schema"
import type { Release } from "../../vulnerability/release.ts"
import type { Claim, Reading } from "./Claim.ts"

/** One repository of one branch of Alpine's secdb: `v3.20/main.json`. */
export const Secdb = Schema.Struct({
  distroversion: Schema.String,
  packages: Schema.Array(
    Schema.Struct({
      pkg: Schema.Struct({
        name: Schema.String,
        /** By fixed version what it fixes; `0` is for what never concerned Alpine. */
        secfixes: Schema.NullOr(
          Schema.Record(Schema.String, Schema.NullOr(Schema.Array(Schema.NullOr(Schema.String)))),
        ),
      }),
    }),
  ),
})
export type Secdb = typeof Secdb.Type

/** People write these ids: `CVE_2019-2426` and `CVE 2018-16859` are there, too. */
const writtenCve = /\bCVE[-_ ]?(\d{4})[-_](\d{4,})/gi

/**
 * `CVE-2017-2616 (+ regression fix)`, `CVE-2019-14697 XSA-300`: the CVEs, or else the first id. A line of words alone
 * names nothing.
 */
const idsOf = (line: string): ReadonlyArray<string> => {
  const cves = [...line.matchAll(writtenCve)].map(([, year, number]) => `CVE-${year}-${number}`)
  if (cves.length > 0) return [...new Set(cves)]
  return line
    .split(/[\s,]+/)
    .filter((word) => /\d/.test(word))
    .slice(0, 1)
}

/** What a repository of secdb says about a release; another branch's says nothing. */
export const readSecdb = ({ version }: Release, { distroversion, packages }: Secdb): Reading => {
  if (distroversion !== `v${version}`) return { claims: [], leftOut: ["other_release"] }
  const claims = packages.flatMap(({ pkg }) =>
    Object.entries(pkg.secfixes ?? {}).flatMap(([fixed, lines]) =>
      (lines ?? []).flatMap((line) =>
        idsOf(line ?? "").map((id): Claim => ({
          package: pkg.name,
          publication: { id, cves: [id], date: "", title: "", modified: "", authority: 2 },
          ...(fixed === "0" ? {} : { fixed }),
          status: "fixed",
          notAffected: fixed === "0",
        })),
      ),
    ),
  )
  return { claims, leftOut: [] }
}
