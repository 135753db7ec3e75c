import * as Effect from "effect/Effect"
import * as DateTime from "effect/DateTime"
import type { RefreshPolicy } from "../../domain/Command.ts"
import type { RepositoryOutcome } from "../../domain/Health.ts"
import type { IndexState, PartialReason } from "../../domain/Scan.ts"
import { needsRoot } from "../managerFailure.ts"
import type { ManagerError, PackageManager, Refreshed } from "../PackageManager.ts"
import type { ReadDependencies } from "../preflight.ts"
import { shortened } from "../outputText.ts"
import { askZypper } from "./askZypper.ts"
import { collectIndexes } from "./collectIndexes.ts"
import { refresh, refreshServices } from "./zypperCommands.ts"
import { complaintOf, skippedRepositories } from "./zypperMessages.ts"
import { noRepository, type RepositoryIndex } from "./zypperRepositories.ts"
import { messagesOf, type ZypperStream } from "./zypperStream.ts"

export interface RefreshDependencies extends ReadDependencies {
  readonly isRoot: boolean
}

/** Whether any repository was never downloaded, or not for longer than this. */
const isDue = (indexes: ReadonlyArray<IndexState>, seconds: number) =>
  indexes.some(({ ageSeconds }) => ageSeconds === undefined || ageSeconds > seconds)

/** What the commonest failures mean and what mends them. */
const explanations: ReadonlyArray<readonly [RegExp, string]> = [
  [
    /[Ss]ignature verification failed|unknown key|not signed|is unsigned|rejected by the user/,
    "The repository's signature is not trusted: if its key is the right one, accept it once with zypper refresh",
  ],
  [/Could not resolve host|Couldn't resolve host/, "The host name cannot be resolved: check DNS"],
  [
    /Connection (?:failed|refused|timed out)|Timeout exceeded|No route to host|Couldn't connect/,
    "The server cannot be reached: check network, firewall and proxy",
  ],
  [
    /certificate|SSL/,
    "The server's certificate is not accepted: check the host's clock and its CA certificates",
  ],
  [
    /[Ll]ogin failed|[Aa]uthentication required|Permission to access .* denied|\b(?:401|403)\b/,
    "The server refuses this host: check its registration with SUSEConnect --status",
  ],
  [
    /not found on medium|Valid metadata not found|is not a directory|\b404\b/,
    "There is no repository at this address: the release may have moved or ended",
  ],
]

const explained = (message: string) => {
  const explanation = explanations.find(([pattern]) => pattern.test(message))?.[1]
  return shortened(explanation === undefined ? message : `${explanation}. zypper: ${message}`)
}

const isLater = (after: DateTime.Utc | undefined, before: DateTime.Utc | undefined): boolean =>
  after !== undefined && (before === undefined || DateTime.isGreaterThan(after, before))

/**
 * What became of each repository, by its files: an index that was replaced was fetched, one that was touched is
 * unchanged. zypper tells people about repositories by names that need not be unique, so its words decide only where
 * the files say nothing.
 */
export const outcomesOf = (
  before: ReadonlyArray<RepositoryIndex>,
  after: ReadonlyArray<RepositoryIndex>,
  stream: ZypperStream,
): ReadonlyArray<RepositoryOutcome> => {
  const skipped = new Map(skippedRepositories(stream).map(({ name, message }) => [name, message]))
  const current = new Set(
    messagesOf(stream, "info").flatMap((text) => /^Repository '(.*)' is up to date\.$/.exec(text)?.[1] ?? []),
  )
  return after.map(({ alias, name, heardAt, replacedAt }) => {
    const base = { manager: "zypper", repository: alias } as const
    const known = before.find((row) => row.alias === alias)
    if (isLater(replacedAt, known?.replacedAt)) return { ...base, outcome: "fetched" }
    if (isLater(heardAt, known?.heardAt)) return { ...base, outcome: "unchanged" }
    const message = skipped.get(name)
    if (message !== undefined) return { ...base, outcome: "failed", message: explained(message) }
    return { ...base, outcome: current.has(name) ? "unchanged" : "not_tried" }
  })
}

const failures = (outcomes: ReadonlyArray<RepositoryOutcome>): ReadonlyArray<PartialReason> =>
  outcomes
    .filter(({ outcome }) => outcome === "failed" || outcome === "not_tried")
    .map(({ repository, message }) => ({
      manager: "zypper",
      code: "repository_failed",
      detail: `${repository}: ${message ?? "zypper did not get to it"}`,
    }))

/** The enabled repositories; where there are none, those that a service of this host knows are asked for first. */
const collectRepositories = Effect.fnUntraced(function* (dependencies: RefreshDependencies) {
  const indexes = yield* collectIndexes(dependencies, "refresh")
  if (indexes.repositories.length > 0 || !dependencies.isRoot) return indexes
  yield* askZypper(dependencies, "refresh", refreshServices)
  return yield* collectIndexes(dependencies, "refresh")
})

/**
 * `PackageManager.refresh` for zypper, where the policy asks for it. `refreshed` says that every repository answered;
 * what did not is `failed` in `repositories` and a reason `repository_failed`. Fails with `needs_root`, with `locked`
 * when another program is at work for longer than `managerLockTimeout`, and with `timed_out`.
 */
export const makeRefresh = (dependencies: RefreshDependencies): PackageManager["Service"]["refresh"] =>
  Effect.fn("ZypperPackageManager.refresh")(function* (
    policy: RefreshPolicy,
  ): Effect.fn.Return<Refreshed, ManagerError> {
    const nothing: Refreshed = { refreshed: false, repositories: [], reasons: [] }
    if (policy === "never") return nothing
    const before = yield* collectRepositories(dependencies)
    if (before.repositories.length === 0) return { ...nothing, reasons: [noRepository] }
    if (policy !== "always" && !isDue(before.states, policy.if_older_than_seconds)) return nothing
    if (!dependencies.isRoot) return yield* needsRoot("zypper", "refresh")
    const { stream, result, solved } = yield* askZypper(dependencies, "refresh", refresh)
    const after = yield* collectIndexes(dependencies, "refresh")
    const repositories = outcomesOf(before.repositories, after.repositories, stream)
    const reasons = [...failures(repositories)]
    if (!solved && reasons.length === 0) {
      reasons.push({ manager: "zypper", code: "repository_failed", detail: complaintOf(stream, result) })
    }
    return { refreshed: reasons.length === 0, repositories, reasons }
  })
