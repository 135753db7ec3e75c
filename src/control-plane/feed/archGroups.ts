import * as Schema from "effect/Schema"
import type { Claim, Publication, Reading } from "./Claim.ts"
import { severityOfWord } from "./severity.ts"

/** A group of Arch's tracker, `https://security.archlinux.org/all.json`: issues that packages have together. */
export const ArchGroup = Schema.Struct({
  /** `AVG-1` */
  name: Schema.String,
  packages: Schema.Array(Schema.String),
  status: Schema.Literals(["Unknown", "Vulnerable", "Testing", "Fixed", "Not affected"]),
  severity: Schema.String,
  type: Schema.optionalKey(Schema.NullOr(Schema.String)),
  fixed: Schema.NullOr(Schema.String),
  issues: Schema.Array(Schema.String),
})
export type ArchGroup = typeof ArchGroup.Type

/** What a group says. A fix that is only in testing takes that repository. */
export const readArchGroup = (group: ArchGroup): Reading => {
  const severity = severityOfWord(group.severity)
  const publication: Publication = {
    id: group.name,
    cves: group.issues.length === 0 ? [group.name] : [...new Set(group.issues)].toSorted(),
    ...(severity === undefined ? {} : { severity }),
    date: "",
    title: group.type ?? "",
    modified: "",
    authority: 0,
  }
  const isFixed = group.fixed !== null && (group.status === "Fixed" || group.status === "Testing")
  const claims = group.packages.map((name): Claim => ({
    package: name,
    publication,
    ...(isFixed && group.fixed !== null ? { fixed: group.fixed } : {}),
    status: isFixed ? "fixed" : group.status === "Unknown" ? "under_investigation" : "affected",
    notAffected: group.status === "Not affected",
    ...(isFixed && group.status === "Testing" ? { channel: "testing" } : {}),
  }))
  return { claims, leftOut: [] }
}
