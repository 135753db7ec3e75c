import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import type { VendorStatus } from "../../domain/Finding.ts"
import type { Release } from "../../vulnerability/release.ts"
import type { Claim, LeftOutReason, Reading } from "./Claim.ts"
import { severityOfWord } from "./severity.ts"
import { isRejection } from "./vulnerabilityIds.ts"

/** The tracker speaks of releases by their code names. */
const codenames: Readonly<Record<string, string>> = {
  "7": "wheezy",
  "8": "jessie",
  "9": "stretch",
  "10": "buster",
  "11": "bullseye",
  "12": "bookworm",
  "13": "trixie",
  "14": "forky",
}

const State = Schema.Struct({
  status: Schema.Literals(["open", "resolved", "undetermined"]),
  urgency: Schema.optionalKey(Schema.String),
  fixed_version: Schema.optionalKey(Schema.String),
  /** `ignored`, `postponed`, or empty for a plain no-dsa: affected, but not urgent enough for an advisory. */
  nodsa_reason: Schema.optionalKey(Schema.NullOr(Schema.String)),
})
type State = typeof State.Type

const Issue = Schema.Struct({
  description: Schema.optionalKey(Schema.String),
  releases: Schema.Record(Schema.String, Schema.Unknown),
})

const decodeIssue = Schema.decodeUnknownOption(Issue)
const decodeState = Schema.decodeUnknownOption(State)

/** `https://security-tracker.debian.org/tracker/data/json`: by source, then by CVE (or `TEMP-…`). */
export const Tracker = Schema.Record(Schema.String, Schema.Record(Schema.String, Schema.Unknown))
export type Tracker = typeof Tracker.Type

const statusOf = ({ status, urgency, nodsa_reason }: State): VendorStatus => {
  if (status === "resolved") return "fixed"
  if (urgency === "end-of-life") return "end_of_life"
  if (status === "undetermined") return "under_investigation"
  if (nodsa_reason === "ignored") return "wont_fix"
  return nodsa_reason === "postponed" ? "deferred" : "affected"
}

const claimOf = (source: string, id: string, state: State): Claim => {
  const severity = severityOfWord(state.urgency)
  const notAffected = state.status === "resolved" && state.fixed_version === "0"
  return {
    package: source,
    publication: { id, cves: [id], date: "", title: "", modified: "", authority: 2 },
    ...(severity === undefined ? {} : { severity }),
    ...(state.status === "resolved" && !notAffected && state.fixed_version !== undefined
      ? { fixed: state.fixed_version }
      : {}),
    status: statusOf(state),
    notAffected,
  }
}

/** What the tracker says about a release. `invalid` names entries that are not as documented. */
export const readDebianTracker = (
  { version }: Release,
  tracker: Tracker,
): Reading & { readonly invalid: ReadonlyArray<string>; readonly rejected: ReadonlyArray<string> } => {
  const codename = codenames[version] ?? version
  const claims: Array<Claim> = []
  const leftOut: Array<LeftOutReason> = []
  const invalid: Array<string> = []
  const rejected: Array<string> = []

  const leave = (reason: LeftOutReason) => void leftOut.push(reason)
  for (const [source, issues] of Object.entries(tracker)) {
    for (const [id, unread] of Object.entries(issues)) {
      const issue = Option.getOrUndefined(decodeIssue(unread))
      const entry = issue?.releases[codename]
      const state = Option.getOrUndefined(decodeState(entry))
      const incomplete = state?.status === "resolved" && state.fixed_version === undefined
      if (issue === undefined || (entry !== undefined && (state === undefined || incomplete))) {
        invalid.push(`${source} ${id}`)
      } else if (isRejection(issue.description ?? "")) {
        rejected.push(id)
        leave("rejected")
      } else if (state === undefined) {
        leave("other_release")
      } else {
        claims.push(claimOf(source, id, state))
      }
    }
  }
  return { claims, leftOut, invalid, rejected }
}
