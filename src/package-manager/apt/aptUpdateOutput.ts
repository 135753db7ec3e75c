import type { RepositoryOutcome } from "../../domain/Health.ts"
import { errorsOf } from "./aptMessages.ts"
import { plainText, shortened, withoutCredentials } from "../outputText.ts"

/** What one run of `apt-get update` says about each configured repository. */
export interface UpdateOutcomes {
  readonly repositories: ReadonlyArray<RepositoryOutcome>
  /** Errors that name none of the repositories, such as a sources file that cannot be read. */
  readonly otherErrors: ReadonlyArray<string>
}

/** What the commonest failures mean and what mends them. */
const explanations: ReadonlyArray<readonly [RegExp, string]> = [
  [
    /NO_PUBKEY|Missing key/,
    "The key that signs this repository is not installed: get it from the repository's owner and name it in Signed-By",
  ],
  [
    /EXPKEYSIG|KEYEXPIRED|[Kk]ey .*expired/,
    "The key that signs this repository has expired: install its new key",
  ],
  [
    /BADSIG|no longer signed|is not signed|NOSPLIT/,
    "The repository is not properly signed: do not trust it until its owner explains",
  ],
  [
    /is expired \(invalid since/,
    "The repository's index has expired: the mirror is no longer updated, or the release has moved to an archive",
  ],
  [/is not valid yet/, "The repository's index is from the future: check this host's clock"],
  [
    /changed its '\w+' value/,
    "The repository presents itself differently than before: if that is expected, accept it with apt-get update --allow-releaseinfo-change",
  ],
  [
    /does not have a Release file|no longer has a Release file|404 +Not Found/,
    "The repository is not at this address: the release may have moved to an archive",
  ],
  [/Temporary failure resolving|Could not resolve/, "The host name cannot be resolved: check DNS"],
  [
    /(?:Could not|Unable to) connect|Connection (?:failed|refused|timed out)|No route to host/,
    "The server cannot be reached: check network, firewall and apt's proxy",
  ],
  [
    /Hash Sum mismatch|unexpected size/,
    "The mirror is being updated or a proxy serves old files: try again later",
  ],
]

const explained = (message: string) => {
  const explanation = explanations.find(([pattern]) => pattern.test(message))?.[1]
  return shortened(explanation === undefined ? message : `${explanation}. apt: ${message}`)
}

/** Warnings after which apt keeps the old index. All others, such as one on weak keys, leave the index usable. */
const losesIndex =
  /signature verification|GPG error|Failed to fetch|is not updated|is expired \(|is not valid yet|changed its '|Release file|not signed/

/** apt names a repository by `URI SUITE`, or a file in it by its address. */
const names = (repository: string, text: string) => {
  const [uri = "", suite = ""] = repository.split(" ")
  const directory = suite.endsWith("/") ? `${uri}/${suite.replace(/^\.\//, "")}` : `${uri}/dists/${suite}/`
  return [`${repository} `, `${repository}/`, `${repository}'`, `${repository}:`, directory].some((name) =>
    text.includes(name),
  )
}

interface Progress {
  readonly kind: "Hit" | "Get" | "Ign" | "Err"
  readonly text: string
  readonly message: string
}

const progressLines = (stdout: string): ReadonlyArray<Progress> =>
  [...stdout.matchAll(/^(Hit|Get|Ign|Err):\d+ (.+)((?:\n {2}.+)*)/gm)].flatMap(
    ([, kind, text = "", message = ""]) =>
      kind === "Hit" || kind === "Get" || kind === "Ign" || kind === "Err"
        ? [{ kind, text, message: message.replaceAll(/\s+/g, " ").trim() }]
        : [],
  )

/**
 * Reads what `apt-get update` prints under LC_ALL=C (apt 2.2 to 3.3): `Hit:N URI SUITE ...` and `Get:`, `Ign:`,
 * `Err:` alike, the reason indented below, and `E:` and `W:` lines on stderr. One error outweighs every other
 * line about its repository, since apt fetches first and verifies afterwards.
 */
export const updateOutcomes = (
  repositories: ReadonlyArray<string>,
  output: { readonly stdout: string; readonly stderr: string },
): UpdateOutcomes => {
  const progress = progressLines(withoutCredentials(plainText(output.stdout)))
  const stderr = withoutCredentials(output.stderr)
  const errors = errorsOf(stderr)
  const warnings = plainText(stderr)
    .split("\n")
    .filter((line) => line.startsWith("W: ") && losesIndex.test(line))
    .map((line) => line.slice(3))

  const outcomeOf = (repository: string): RepositoryOutcome => {
    const mine = progress.filter(({ text }) => names(repository, text))
    const failure =
      [...errors, ...warnings].find((text) => names(repository, text)) ??
      mine.find(({ kind }) => kind === "Err")?.message
    const base = { manager: "apt", repository } as const
    if (failure !== undefined) return { ...base, outcome: "failed", message: explained(failure) }
    if (mine.some(({ kind }) => kind === "Get")) return { ...base, outcome: "fetched" }
    return { ...base, outcome: mine.some(({ kind }) => kind === "Hit") ? "unchanged" : "not_tried" }
  }

  return {
    repositories: repositories.map(outcomeOf),
    otherErrors: errors.filter(
      (error) =>
        !error.startsWith("Some index files failed") &&
        !repositories.some((repository) => names(repository, error)),
    ),
  }
}
