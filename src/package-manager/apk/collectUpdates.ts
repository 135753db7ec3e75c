import * as Arr from "effect/Array"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Result from "effect/Result"
import type { PartialReason } from "../../domain/Scan.ts"
import { largestPossible } from "../largestPossible.ts"
import type { ManagerError, UpdateListing } from "../PackageManager.ts"
import { cutShort, notUnderstood } from "../partialReasons.ts"
import type { ReadDependencies } from "../preflight.ts"
import type { Objection } from "../updateSelection.ts"
import { explainLatest } from "./apkCommands.ts"
import { notRun } from "./apkFailure.ts"
import { repositoryWarnings } from "./apkMessages.ts"
import { collectPolicies, collectUpgradable, type Offer } from "./apkOffers.ts"
import type { Generation } from "./apkRepositories.ts"
import { actOut, keptBack, refusal } from "./apkTrial.ts"
import {
  availableUpdate,
  newerThanInstalled,
  parseExplanations,
  type Newer,
  type Verdicts,
} from "./apkUpdates.ts"
import type { World } from "./apkWorld.ts"
import { collectIndexes, type Indexes } from "./collectIndexes.ts"
import { readInstalled, readWorld } from "./collectInventory.ts"

/** Each costs one `apk upgrade --simulate`. Enough to find two culprits among a thousand updates. */
const mostTrials = 40

/** What stderr says of repositories beyond what their files show: signatures and damage. */
export const warningReasons = (stderr: string, { reasons }: Indexes): ReadonlyArray<PartialReason> =>
  repositoryWarnings(stderr)
    .filter(
      ({ repository, isUsable }) =>
        !isUsable &&
        !reasons.some(({ code, detail }) => code === "index_missing" && detail.startsWith(`${repository} `)),
    )
    .map(({ repository, message }) => ({
      manager: "apk",
      code: message === "No such file or directory" ? "index_missing" : "repository_failed",
      detail: `${repository}: ${message}: run apk update and check /etc/apk/repositories and /etc/apk/keys`,
    }))

/** apk 2 does not tell the repositories of what it lists, its policy does. */
const withRepositories = Effect.fnUntraced(function* (
  dependencies: ReadDependencies,
  generation: Generation,
  newer: ReadonlyArray<Newer>,
) {
  if (generation !== 2) return { newer, notUnderstood: 0 }
  const names = newer.map(({ row }) => row.name)
  const tables = yield* collectPolicies(dependencies, "updates", names)
  const placesOf = ({ name, version }: Offer) =>
    tables.versions
      .get(name)
      ?.find((one) => one.version === version)
      ?.repositories.map((place) => place.name) ?? []
  const known = newer.map(({ row, offers }) => ({
    row,
    offers: Arr.map(offers, (offer) => ({ ...offer, repositories: placesOf(offer) })),
  }))
  return { newer: known, notUnderstood: tables.notUnderstood }
})

/** Asks apk which of these it would upgrade together. One of them may keep it from upgrading any. */
const findVerdicts = Effect.fnUntraced(function* (
  dependencies: ReadDependencies,
  newer: ReadonlyArray<Newer>,
  world: World,
): Effect.fn.Return<Verdicts, ManagerError> {
  const nothing: Verdicts = {
    reached: new Map(),
    objections: new Map(),
    refusal: undefined,
    explanations: new Map(),
  }
  const names = newer.map(({ row }) => row.name)
  if (names.length === 0) return nothing
  const together = yield* Effect.result(actOut(dependencies, "updates", names, false))
  if (Result.isFailure(together)) {
    if (together.failure.reason !== "failed") return yield* together.failure
    return { ...nothing, refusal: together.failure.detail }
  }
  if (!together.success.possible) {
    const refused = yield* refusal(dependencies, "updates")
    if (refused !== undefined) return { ...nothing, refusal: refused }
  }
  const settled = yield* largestPossible(names, mostTrials, (part) =>
    part.length === names.length
      ? Effect.succeed(together.success)
      : actOut(dependencies, "updates", part, false),
  )
  const reached = new Map((settled.answer?.installs ?? []).map(({ name, to }) => [name, to]))
  const isUnexplained = settled.members.some(
    (name) => !reached.has(name) && keptBack(world, name) === undefined,
  )
  const explained = isUnexplained
    ? (yield* dependencies.subprocess.run(explainLatest).pipe(notRun("updates"))).stderr
    : ""
  const detail = "not tried: apk refused too many of the others"
  return {
    reached,
    objections: new Map<string, Objection>([
      ...settled.dropped.map(({ member, objection }) => [member, objection] as const),
      ...settled.untried.map((name) => [name, { reason: "blocked_by_manager", detail }] as const),
    ]),
    refusal: undefined,
    explanations: parseExplanations(explained),
  }
})

/**
 * All newer versions apk knows of. Its answer is never taken for complete while an index is missing or old, or a
 * repository could not be read: apk exits with 0 then and lists nothing of it.
 */
export const collectUpdates = Effect.fnUntraced(function* (
  dependencies: ReadDependencies,
): Effect.fn.Return<UpdateListing, ManagerError> {
  const installed = yield* readInstalled(dependencies, "updates")
  const indexes = yield* collectIndexes(dependencies, "updates")
  const listing = yield* collectUpgradable(dependencies, indexes.generation)
  const found = newerThanInstalled(installed.packages, listing.offers)
  const listed = yield* withRepositories(dependencies, indexes.generation, found)
  const { newer } = listed
  const world = yield* readWorld(dependencies)
  const verdicts = yield* findVerdicts(dependencies, newer, world)
  const rows = newer.map((one) => availableUpdate(one, verdicts, world))
  const updates = rows.flatMap((row) => Option.toArray(row))
  const unknown = new Set(listing.offers.map(({ name }) => name)).size - newer.length
  return {
    updates,
    indexes: indexes.states,
    reasons: [
      ...indexes.reasons,
      ...warningReasons(listing.result.stderr, indexes),
      ...notUnderstood("apk", "/lib/apk/db/installed", installed.notUnderstood),
      ...notUnderstood(
        "apk",
        "the list of updates",
        listing.notUnderstood + listed.notUnderstood + unknown + (rows.length - updates.length),
      ),
      ...cutShort("apk", "the list of updates", listing.result.truncated),
    ],
  }
})
