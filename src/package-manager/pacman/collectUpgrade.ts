import * as Effect from "effect/Effect"
import type { PackageFault } from "../../domain/Package.ts"
import type { PartialReason } from "../../domain/Scan.ts"
import { ManagerError } from "../PackageManager.ts"
import { cutShort, notUnderstood } from "../partialReasons.ts"
import type { ReadDependencies } from "../preflight.ts"
import { collectIndexes } from "./collectIndexes.ts"
import { installedPackages } from "./collectInventory.ts"
import type { LocalPackage } from "./localDatabase.ts"
import { notRun, printUpgrade, syncRecords, upgrades } from "./pacmanCommands.ts"
import { complaintOf, errorsOf, otherErrors, unusableDatabases } from "./pacmanMessages.ts"
import { parseSyncRecords, type SyncRecord } from "./syncRecord.ts"
import { blamed, parseNewer, parsePrinted, type Newer } from "./upgradeListing.ts"
import { exclusions, replacements, type PlannedPackage, type Prospect } from "./wholeUpgrade.ts"

type Indexes = Effect.Success<ReturnType<typeof collectIndexes>>

/** All that is pending on this host, and what pacman would do about it. */
export interface PendingUpgrade {
  readonly installed: ReadonlyArray<LocalPackage>
  /** Damaged entries of the package database. */
  readonly faults: ReadonlyArray<PackageFault>
  readonly indexes: Indexes
  readonly newer: ReadonlyArray<Newer>
  /** What the repositories say of the pending packages and of the new ones they bring, in the order of pacman.conf. */
  readonly records: ReadonlyArray<SyncRecord>
  readonly prospect: Prospect
  readonly reasons: ReadonlyArray<PartialReason>
}

const failed = (detail: string): PartialReason => ({ manager: "pacman", code: "collector_failed", detail })

/** What the repositories say of these packages. Names that none of them has are left out. */
export const collectRecords = Effect.fnUntraced(function* (
  { subprocess }: Pick<ReadDependencies, "subprocess">,
  operation: string,
  folder: string,
  names: ReadonlyArray<string>,
) {
  const records: Array<SyncRecord> = []
  const reasons: Array<PartialReason> = []
  for (const request of syncRecords(folder, names)) {
    const result = yield* subprocess.run(request).pipe(notRun(operation))
    const parsed = parseSyncRecords(result.stdout)
    records.push(...parsed.records)
    reasons.push(...notUnderstood("pacman", "pacman -Si", parsed.notUnderstood))
    reasons.push(...cutShort("pacman", "pacman -Si", result.truncated))
  }
  return { records, reasons }
})

/** The newer versions. Exit code 1 means that there are none, or that nothing could be read: stderr tells which. */
const collectNewer = Effect.fnUntraced(function* (
  { subprocess }: ReadDependencies,
  operation: string,
  { folder, settings, missing }: Indexes,
) {
  const result = yield* subprocess.run(upgrades(folder)).pipe(notRun(operation))
  if (result.exitCode > 1) {
    const detail = complaintOf(result)
    return yield* new ManagerError({ manager: "pacman", operation, reason: "failed", detail })
  }
  const { rows, notUnderstood: lines } = parseNewer(result.stdout)
  const unusable = [...unusableDatabases(result.stderr)].filter(([repository]) => !missing.has(repository))
  const reasons: ReadonlyArray<PartialReason> = [
    ...unusable.map(([repository, why]) => ({
      manager: "pacman" as const,
      code: "index_missing" as const,
      detail: `the database of ${repository} cannot be used: ${why}: run check_updates`,
    })),
    ...otherErrors(result.stderr, new Set(settings.repositories)).map(failed),
    ...notUnderstood("pacman", "pacman -Qu", lines),
    ...cutShort("pacman", "pacman -Qu", result.truncated),
  ]
  return { newer: rows, reasons, unusable: [...missing, ...unusable.map(([repository]) => repository)] }
})

/** The full upgrade as pacman prints it, or its refusal. Any error counts: of a damaged database it prints a part, with 0. */
const collectPrinted = Effect.fnUntraced(function* (
  { subprocess }: ReadDependencies,
  operation: string,
  folder: string,
) {
  const result = yield* subprocess.run(printUpgrade(folder)).pipe(notRun(operation))
  if (result.exitCode !== 0 || errorsOf(result.stderr).length > 0) {
    const words = complaintOf(result)
    const guilty = new Map(
      [...blamed(result.stdout)].map(([name, detail]) => [name, { reason: "conflict" as const, detail }]),
    )
    return { refusal: { words, blamed: guilty }, reasons: [] }
  }
  const { rows, notUnderstood: lines } = parsePrinted(result.stdout)
  const reasons = [
    ...notUnderstood("pacman", "pacman -Sup", lines),
    ...cutShort("pacman", "pacman -Sup", result.truncated),
  ]
  if (reasons.length === 0) return { rows, reasons }
  const words = reasons.map(({ detail }) => detail).join("; ")
  return { refusal: { words, blamed: new Map() }, reasons }
})

/** Each package of the upgrade with its record, or undefined where pacman has none of one it has just named. */
const withRecords = (
  rows: ReadonlyArray<Omit<PlannedPackage, "record">>,
  records: ReadonlyArray<SyncRecord>,
): ReadonlyArray<PlannedPackage> | undefined => {
  const byPackage = new Map(records.map((record) => [`${record.repository}/${record.name}`, record]))
  const installs = rows.flatMap((row) => {
    const record = byPackage.get(`${row.repository}/${row.name}`)
    return record === undefined || record.version !== row.version ? [] : [{ ...row, record }]
  })
  return installs.length === rows.length ? installs : undefined
}

/** What else the upgrade changes: what is replaced by a successor, and what would have to go. */
const prospectOf = Effect.fnUntraced(function* (
  dependencies: ReadDependencies,
  operation: string,
  pending: Omit<PendingUpgrade, "prospect" | "reasons">,
  installs: ReadonlyArray<PlannedPackage>,
) {
  const { installed, indexes } = pending
  const possible = replacements(installs, installed, () => false)
  const { records, reasons } = yield* collectRecords(dependencies, operation, indexes.folder, [
    ...possible.keys(),
  ])
  const rank = (repository: string) => indexes.settings.repositories.indexOf(repository)
  const replaced = replacements(installs, installed, (name, repository) =>
    records.some((record) => record.name === name && rank(record.repository) <= rank(repository)),
  )
  const upgrade = { installs, replaced, excluded: exclusions(installs, installed, replaced) }
  return { prospect: { upgrade }, reasons }
})

/**
 * What is pending and what a full upgrade would do about it, asked of pacman with the newest databases there are. With a
 * repository missing nothing is planned: it would be an upgrade of the rest alone.
 */
export const collectUpgrade = Effect.fnUntraced(function* (
  dependencies: ReadDependencies,
  operation: string,
): Effect.fn.Return<PendingUpgrade, ManagerError> {
  const { packages: installed, faults } = yield* installedPackages(dependencies, operation)
  const indexes = yield* collectIndexes(dependencies, operation)
  if (indexes.settings.repositories.length === 0) {
    const refusal = { words: "no repository is configured", blamed: new Map() }
    const nothing = { installed, faults, indexes, newer: [], records: [] }
    return { ...nothing, prospect: { refusal }, reasons: indexes.reasons }
  }
  const { folder } = indexes
  const listed = yield* collectNewer(dependencies, operation, indexes)
  const { newer } = listed
  const printed =
    listed.unusable.length > 0
      ? {
          refusal: {
            words: `the database of ${listed.unusable.join(", ")} is missing or cannot be used`,
            blamed: new Map(),
          },
          reasons: [],
        }
      : yield* collectPrinted(dependencies, operation, folder)
  const rows = "rows" in printed ? printed.rows : []
  const names = new Set([...newer, ...rows].map(({ name }) => name))
  const known = yield* collectRecords(dependencies, operation, folder, [...names])
  const pending = { installed, faults, indexes, newer, records: known.records }
  const reasons = [...indexes.reasons, ...listed.reasons, ...printed.reasons, ...known.reasons]
  if ("refusal" in printed) {
    const { refusal } = printed
    // A refusal that no update of the listing shows must be seen all the same.
    const isShown = newer.some(({ name }) => refusal.blamed.has(name))
    const isKnown = isShown || printed.reasons.length > 0 || listed.unusable.length > 0
    const unplanned = failed(`pacman cannot plan the upgrade: ${refusal.words}`)
    return { ...pending, prospect: { refusal }, reasons: isKnown ? reasons : [...reasons, unplanned] }
  }
  const installs = withRecords(rows, known.records)
  if (installs === undefined) {
    const words = "pacman -Si does not describe all that pacman -Sup names"
    return {
      ...pending,
      prospect: { refusal: { words, blamed: new Map() } },
      reasons: [...reasons, failed(words)],
    }
  }
  const found = yield* prospectOf(dependencies, operation, pending, installs)
  return { ...pending, prospect: found.prospect, reasons: [...reasons, ...found.reasons] }
})
