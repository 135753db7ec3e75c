import * as DateTime from "effect/DateTime"
import type { CveFacts, FeedAdvisory } from "../../src/vulnerability/Feed.ts"
import { byteOrder } from "../../src/vulnerability/feedText.ts"
import { severityOf, titleOf, vector } from "./almaLinux.ts"
import { type Numbers, turn } from "./numbers.ts"
import { type Slot, streamAt } from "./syntheticSources.ts"

/** Which CVEs have facts: those in KEV, as AlmaLinux's, or each a vector and a score, as in Red Hat's and Ubuntu's records. */
export type Facts = "exploited" | "all"

/** Every third CVE is one that an earlier advisory names too: libraries are built into several sources. */
const makeCves = (below: Numbers) => {
  const known = new Set<string>()
  const recent: Array<string> = []
  return (year: number, count: number): ReadonlyArray<string> => {
    const chosen = new Set<string>()
    while (chosen.size < count) {
      const again = below(3) === 0 ? recent[below(recent.length)] : undefined
      const cve = again ?? `CVE-${year}-${1_000 + below(79_000)}`
      if (again === undefined && known.has(cve)) continue
      if (again === undefined) recent.push(cve)
      if (recent.length > 400) recent.shift()
      known.add(cve)
      chosen.add(cve)
    }
    return [...chosen]
  }
}

/** What is published, in order of time. */
export const makeAdvisories = (below: Numbers, slots: ReadonlyArray<Slot>): ReadonlyArray<FeedAdvisory> => {
  const cves = makeCves(below)
  const first = DateTime.makeUnsafe("2022-05-18T00:00:00Z")
  return slots.map(({ source, build }, at) => {
    const date = DateTime.formatIsoDateUtc(
      DateTime.add(first, { days: Math.floor((at / slots.length) * 1_550) }),
    )
    const year = Number(date.slice(0, 4))
    const severity = severityOf(below)
    return {
      id: `ALSA-${year}:${String(1_000 + at * 7 + below(7)).padStart(4, "0")}`,
      severity,
      date,
      cves: cves(year, turn(source.cves, build)),
      title: titleOf(below, severity, streamAt(source, build) ?? source.name),
    }
  })
}

/** What is known of the CVEs that the advisories name. */
export const makeFacts = (
  below: Numbers,
  advisories: ReadonlyArray<FeedAdvisory>,
  facts: Facts,
): ReadonlyArray<CveFacts> =>
  [...new Set(advisories.flatMap(({ cves }) => cves))]
    .toSorted(byteOrder)
    .flatMap((cve): ReadonlyArray<CveFacts> => {
      const kev = below(130) === 0 ? { kev: { ransomware: below(4) === 0 } } : {}
      if (facts === "all")
        return [
          { cve, ...kev, vector: vector(below), score: (20 + below(80)) / 10, epss: below(1000) / 1000 },
        ]
      return "kev" in kev ? [{ cve, ...kev }] : []
    })
