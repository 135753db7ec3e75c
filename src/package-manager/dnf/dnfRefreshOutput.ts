import type * as DateTime from "effect/DateTime"
import type { RepositoryOutcome } from "../../domain/Health.ts"
import { outputLines } from "../outputLines.ts"
import { plainText, shortened, withoutCredentials } from "../outputText.ts"
import type { DnfRepository } from "./dnfRepositories.ts"

/** What the commonest failures mean and what mends them. */
const explanations: ReadonlyArray<readonly [RegExp, string]> = [
  [/[Cc]annot find a valid baseurl|No valid source/, "The repository has no address: check its .repo file"],
  [/Curl error \(6\)|Could(?:n't| not) resolve/, "The host name cannot be resolved: check DNS"],
  [
    /Curl error \((?:7|28)\)|Failed to connect|Connection (?:refused|timed out)/,
    "The server cannot be reached: check network, firewall and dnf's proxy",
  ],
  [
    /Curl error \((?:35|51|58|60|77)\)|SSL/,
    "The server's certificate or this host's own was not accepted: check sslcacert, sslclientcert and the clock",
  ],
  [/(?:Status code:|HTTP Error) 40[13]/, "The server refuses: check the subscription or the credentials"],
  [
    /(?:Status code:|HTTP Error) 404/,
    "The repository is not at this address: the release may have moved to an archive",
  ],
  [
    /GPG signature|PGP signature|OpenPGP|gpgcheck|NOKEY/,
    "The repository is not signed by a key that its .repo file names: do not trust it until its owner explains",
  ],
  [
    /checksum|Parse error|parser error/i,
    "The mirror is being updated or a proxy serves damaged files: try again later",
  ],
]

const explained = (message: string): string => {
  const text = withoutCredentials(message).replaceAll(/\s+/g, " ").trim()
  const explanation = explanations.find(([pattern]) => pattern.test(text))?.[1]
  return shortened(explanation === undefined ? text : `${explanation}. dnf: ${text}`)
}

/** dnf4 and yum name a repository by its id: in quotes, or at the end after `repo:` or `from`. */
const namesRepository =
  /\bfor repo(?:sitory)? ["']([^"']+)["']|\bfor repo: (\S+)|^failure: \S+ from ([^\s:]+):/

/** The last line about each repository of dnf4 and yum, which is the verdict; those of an indented list belong to it. */
const verdicts = (text: string): ReadonlyMap<string, string> => {
  const found = new Map<string, string>()
  let id: string | undefined
  for (const line of outputLines(text)) {
    const named = namesRepository.exec(line)
    id = named?.slice(1).find((group) => group !== undefined) ?? (/^\s/.test(line) ? id : undefined)
    if (id !== undefined) found.set(id, `${found.get(id) ?? ""} ${line.trim()}`)
  }
  return found
}

/** dnf5 has a line for each repository, under its name, followed by what went wrong with it after `>>>`. */
const errorsBelow = (text: string): ReadonlyMap<string, string> => {
  const found = new Map<string, string>()
  let name: string | undefined
  for (const line of outputLines(text)) {
    const error = /^>>> (.+)$/.exec(line)?.[1]
    if (error === undefined) name = /^ (\S.*?) +[\d?]+% \|/.exec(line)?.[1]
    else if (name !== undefined && found.get(name)?.includes(error) !== true) {
      found.set(name, `${found.get(name) ?? ""} ${error}`)
    }
  }
  return found
}

/** What a refresh ended with. */
export interface Refreshment {
  readonly before: ReadonlyArray<DnfRepository>
  readonly after: ReadonlyArray<DnfRepository>
  readonly exitCode: number
  readonly stdout: string
  readonly stderr: string
  /** Given where every repository that was reached must have been looked at since, whatever the exit code. */
  readonly startedAt?: DateTime.Utc
}

const time = (date: DnfRepository["checkedAt"]) => date?.epochMilliseconds

/** Dates are told to the second. */
const isSince = (checkedAt: DnfRepository["checkedAt"], startedAt: DateTime.Utc) =>
  checkedAt !== undefined &&
  checkedAt.epochMilliseconds >= Math.floor(startedAt.epochMilliseconds / 1000) * 1000

/**
 * What became of each repository. That dnf has looked at one shows in when it last did, which it keeps to the second;
 * one that has changed is dated otherwise itself. dnf skips what it cannot reach and exits with 0.
 */
export const refreshOutcomes = (refreshment: Refreshment): ReadonlyArray<RepositoryOutcome> => {
  const { before, after, exitCode, startedAt } = refreshment
  const text = plainText(`${refreshment.stdout}\n${refreshment.stderr}`)
  const [byId, byName] = [verdicts(text), errorsBelow(text)]
  return after.map((repository): RepositoryOutcome => {
    const { id, name = id } = repository
    const former = before.find((row) => row.id === id)
    const complaint = byId.get(id) ?? byName.get(name)
    const base = { manager: "dnf", repository: id } as const
    const isCurrent =
      startedAt === undefined
        ? time(repository.checkedAt) !== time(former?.checkedAt) || exitCode === 0
        : isSince(repository.checkedAt, startedAt)
    if (complaint === undefined && repository.checkedAt !== undefined && isCurrent) {
      const isSame = time(repository.madeAt) === time(former?.madeAt) && former?.checkedAt !== undefined
      return { ...base, outcome: isSame ? "unchanged" : "fetched" }
    }
    return complaint === undefined
      ? { ...base, outcome: exitCode === 0 ? "failed" : "not_tried" }
      : { ...base, outcome: "failed", message: explained(complaint) }
  })
}
