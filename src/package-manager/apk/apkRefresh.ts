import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import type { RefreshPolicy } from "../../domain/Command.ts"
import type { RepositoryOutcome } from "../../domain/Health.ts"
import { needsRoot } from "../managerFailure.ts"
import { shortened } from "../outputText.ts"
import type { ManagerError, PackageManager, Refreshed } from "../PackageManager.ts"
import type { ReadDependencies } from "../preflight.ts"
import { performUpdate } from "./apkCommands.ts"
import { apkFailure, ended, notRun } from "./apkFailure.ts"
import { repositoryWarnings, type RepositoryWarning } from "./apkMessages.ts"
import { collectIndexes, type ApkIndex, type Indexes } from "./collectIndexes.ts"

export interface RefreshDependencies extends ReadDependencies {
  readonly isRoot: boolean
}

/** Whether any repository was never downloaded, or not for longer than this. */
const isDue = ({ states }: Indexes, seconds: number) =>
  states.some(({ ageSeconds }) => ageSeconds === undefined || ageSeconds > seconds)

/** What the commonest failures mean and what mends them. */
const explanations: ReadonlyArray<readonly [RegExp, string]> = [
  [
    /UNTRUSTED/,
    "The key that signs this repository is not in /etc/apk/keys: get it from the repository's owner",
  ],
  [/BAD signature/, "The repository is not properly signed: do not trust it until its owner explains"],
  [/No such file or directory|404/, "The repository is not at this address: the release may have moved"],
  [/DNS/, "The host name cannot be resolved: check DNS"],
  [
    /could not connect|refused|network|timed out|timeout|aborted|unreachable/i,
    "The server cannot be reached: check network, firewall and proxy",
  ],
  [/TLS|certificate/i, "The server's certificate is not trusted: check the clock and ca-certificates"],
]

const explained = (message: string) => {
  const explanation = explanations.find(([pattern]) => pattern.test(message))?.[1]
  return shortened(explanation === undefined ? message : `${explanation}. apk: ${message}`)
}

/**
 * What became of one repository, by apk's warnings and by the file of its index: apk exits with 0 although a folder
 * has no index, and counts others twice in 2.14. `notBefore` is when apk was started.
 */
const outcomeOf = (
  before: ApkIndex | undefined,
  after: ApkIndex,
  warning: RepositoryWarning | undefined,
  notBefore: DateTime.Utc,
): RepositoryOutcome => {
  const row = { manager: "apk" as const, repository: after.repository.name }
  if (warning !== undefined) return { ...row, outcome: "failed", message: explained(warning.message) }
  if (after.file === undefined) return { ...row, outcome: "failed", message: "apk downloaded no index" }
  if (after.repository.localIndex !== undefined) return { ...row, outcome: "unchanged" }
  if (DateTime.isLessThan(after.file.changedAt, notBefore)) {
    return { ...row, outcome: "not_tried", message: "apk did not ask the server" }
  }
  return { ...row, outcome: before?.file?.inode === after.file.inode ? "unchanged" : "fetched" }
}

/** File systems keep times in whole seconds at worst. */
const clockSlack = { seconds: 2 }

/**
 * `PackageManager.refresh` for apk: `apk update` where the policy asks for it. `refreshed` says that every repository
 * answered; what did not is `failed` or `not_tried` in `repositories` and a reason `repository_failed`. Fails with
 * `needs_root`, with `locked` when another apk works for longer than `managerLockTimeout`, and with `timed_out`.
 */
export const makeRefresh = (dependencies: RefreshDependencies): PackageManager["Service"]["refresh"] =>
  Effect.fn("ApkPackageManager.refresh")(function* (
    policy: RefreshPolicy,
  ): Effect.fn.Return<Refreshed, ManagerError> {
    const nothing: Refreshed = { refreshed: false, repositories: [], reasons: [] }
    if (policy === "never") return nothing
    const before = yield* collectIndexes(dependencies, "refresh")
    if (before.all.length === 0) return { ...nothing, reasons: before.reasons }
    if (policy !== "always" && !isDue(before, policy.if_older_than_seconds)) return nothing
    if (!dependencies.isRoot) return yield* needsRoot("apk", "refresh")
    const notBefore = DateTime.subtract(yield* DateTime.now, clockSlack)
    const result = yield* dependencies.subprocess.run(performUpdate).pipe(notRun("refresh"))
    if (result.exitCode !== 0 && ended(result.stderr) !== "failed")
      return yield* apkFailure("refresh", result)
    const warnings = new Map(repositoryWarnings(result.stderr).map((one) => [one.repository, one]))
    const after = yield* collectIndexes(dependencies, "refresh")
    const repositories = after.all.map((index) =>
      outcomeOf(
        before.all.find(({ path }) => path === index.path),
        index,
        warnings.get(index.repository.name),
        notBefore,
      ),
    )
    const failed = repositories.filter(({ outcome }) => outcome === "failed" || outcome === "not_tried")
    const reasons: Array<Refreshed["reasons"][number]> = failed.map(({ repository, message = "" }) => ({
      manager: "apk",
      code: "repository_failed",
      detail: `${repository}: ${message}`,
    }))
    // The exit code counts repositories, so with all of them well it stands for something else.
    if (result.exitCode !== 0 && reasons.length === 0) {
      const { detail } = apkFailure("refresh", result)
      reasons.push({ manager: "apk", code: "repository_failed", detail })
    }
    return { refreshed: reasons.length === 0, repositories, reasons }
  })
