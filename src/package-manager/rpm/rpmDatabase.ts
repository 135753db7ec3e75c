import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type { InstalledPackage, ManagerId, PackageFault } from "../../domain/Package.ts"
import type { PartialReason } from "../../domain/Scan.ts"
import { osRelease } from "../../host/osRelease.ts"
import type { SubprocessRequest, SubprocessResult } from "../../host/Subprocess.ts"
import { managerReadTimeout } from "../../schedules.ts"
import { compare } from "../../version/rpm.ts"
import { notRunBy } from "../managerFailure.ts"
import { outputLines } from "../outputLines.ts"
import { lastWords } from "../outputText.ts"
import { ManagerError, type Inventory } from "../PackageManager.ts"
import { cutShort, notUnderstood } from "../partialReasons.ts"
import type { ReadDependencies } from "../preflight.ts"
import { withForeignVendors } from "./foreignVendors.ts"
import { installOnlyProvides, isInstallOnlyName } from "./installOnly.ts"
import { parseRpmRows, rpmFormat, rpmModuleFormat } from "./rpmQuery.ts"
import { rpmFolders, rpmLockHolders } from "./rpmLocks.ts"

/** The file in which rpm keeps its database: SQLite, Berkeley DB and ndb, wherever it lies. */
export const rpmWatched = rpmFolders.flatMap((folder) =>
  ["rpmdb.sqlite", "Packages", "Packages.db"].map((file) => `${folder}/${file}`),
)

/** 16 MiB are the records of well over 100,000 packages. */
const outputLimitBytes = 16 * 1024 * 1024

const rpm = (...args: ReadonlyArray<string>): SubprocessRequest => ({
  program: "rpm",
  args,
  timeout: managerReadTimeout,
  outputLimitBytes,
})

const allPackages = (format: string) => rpm("--query", "--all", "--queryformat", format)

const hasUnknownTag = ({ stdout, stderr }: SubprocessResult): boolean =>
  stdout === "" && stderr.includes("unknown tag")

/** Every record; rpm says on stderr, once for each package and with exit code 0, that it does not know a tag. */
const queryAll = Effect.fnUntraced(function* (
  { subprocess }: ReadDependencies,
  manager: ManagerId,
  operation: string,
) {
  const notRun = notRunBy(manager)(operation)
  const result = yield* notRun(subprocess.run(allPackages(rpmModuleFormat)))
  return hasUnknownTag(result) ? yield* notRun(subprocess.run(allPackages(rpmFormat))) : result
})

/** Every version but the newest of packages that are there more than once. */
const superseded = (packages: ReadonlyArray<InstalledPackage>): ReadonlyArray<InstalledPackage> => {
  const newest = new Map<string, InstalledPackage>()
  const older: Array<InstalledPackage> = []
  for (const row of packages) {
    const key = `${row.name}.${row.architecture}`
    const other = newest.get(key)
    const isNewer = other === undefined || compare(row.version, other.version) > 0
    if (isNewer) newest.set(key, row)
    const loser = isNewer ? other : row
    if (loser !== undefined) older.push(loser)
  }
  return older
}

/**
 * Packages that a transaction which was killed left behind in two versions. Kernels are meant to be: those that do
 * not say so by their name are asked what they provide.
 */
const findDuplicates = Effect.fnUntraced(function* (
  { subprocess, fs }: ReadDependencies,
  manager: ManagerId,
  packages: ReadonlyArray<InstalledPackage>,
) {
  const suspects = superseded(packages).filter(({ name }) => !isInstallOnlyName(name))
  // In the middle of a transaction the old version is still there beside the new one.
  if (suspects.length === 0 || (yield* rpmLockHolders(fs)).length > 0) return []
  const request = rpm("--query", "--queryformat", "%{NAME}\\n", "--whatprovides", ...installOnlyProvides)
  // Without an answer they stay suspect: a kernel reported once too often beats a damaged database not reported.
  const answer = yield* Effect.orElseSucceed(subprocess.run(request), () => ({ stdout: "" }))
  const providers = new Set(outputLines(answer.stdout))
  return suspects
    .filter(({ name }) => !providers.has(name))
    .map(({ name, version }): PackageFault => ({ manager, name, version, state: "duplicate" }))
})

/**
 * Whether rpm has a database with packages here, or one that it cannot read. The file is looked for first: where there is
 * none, rpm would make a new one.
 */
export const hasRpmPackages = Effect.fnUntraced(function* ({ subprocess, fs }: ReadDependencies) {
  const files = yield* Effect.forEach(rpmWatched, (path) =>
    Effect.orElseSucceed(fs.exists(path), () => false),
  )
  if (!files.includes(true)) return false
  const answer = Option.getOrUndefined(yield* Effect.option(subprocess.run(allPackages(rpmFormat))))
  if (answer === undefined) return false
  const isDamaged = answer.exitCode !== 0 || answer.stderr.includes("error:")
  return isDamaged || parseRpmRows(answer.stdout, "dnf").packages.length > 0
})

const damaged = (manager: ManagerId, operation: string, detail: string) =>
  new ManagerError({ manager, operation, reason: "database_damaged", detail })

/** Records that rpm could not read are missing from its answer, with no more than a line on stderr. */
const skippedRecords = (manager: ManagerId, { stderr }: SubprocessResult): ReadonlyArray<PartialReason> => {
  const errors = [...outputLines(stderr)].filter((line) => line.startsWith("error:"))
  if (errors.length === 0) return []
  const detail = `rpm could not read all of its database: ${lastWords({ stdout: "", stderr: errors.join("\n") })}`
  return [{ manager, code: "collector_failed", detail }]
}

const distributionOf = ({ fs }: ReadDependencies) =>
  Effect.map(
    Effect.orElseSucceed(fs.readFileString("/etc/os-release"), () => ""),
    (text) => osRelease(text).get("ID") ?? "",
  )

/**
 * All packages of the rpm database, in the name of the manager that owns it; `held` is that manager's to add. The
 * distribution, `ID` of os-release(5), is this host's unless another one is named. An
 * answer without packages means that the database was lost: rpm makes a new, empty one and exits with 0.
 */
export const collectRpmInventory = Effect.fnUntraced(function* (
  dependencies: ReadDependencies,
  manager: ManagerId,
  operation: string,
  distribution?: string,
): Effect.fn.Return<Inventory, ManagerError> {
  const result = yield* queryAll(dependencies, manager, operation)
  if (result.exitCode !== 0) return yield* damaged(manager, operation, lastWords(result))
  const { packages, vendors, notUnderstood: lines } = parseRpmRows(result.stdout, manager)
  if (packages.length === 0) {
    const detail = result.stderr.trim() === "" ? "the rpm database records no package" : lastWords(result)
    return yield* damaged(manager, operation, detail)
  }
  return {
    packages: withForeignVendors(packages, vendors, distribution ?? (yield* distributionOf(dependencies))),
    faults: yield* findDuplicates(dependencies, manager, packages),
    reasons: [
      ...notUnderstood(manager, "rpm --query", lines),
      ...cutShort(manager, "rpm --query", result.truncated),
      ...skippedRecords(manager, result),
    ],
  }
})

/**
 * What rpm finds wrong with the files of its database, in its words; nothing when it is sound, or when there is no
 * `rpmdb` to ask. Takes root, and nobody may be changing packages meanwhile.
 */
export const databaseDamage = ({ subprocess }: ReadDependencies): Effect.Effect<ReadonlyArray<string>> =>
  subprocess.run({ program: "rpmdb", args: ["--verifydb"], timeout: managerReadTimeout }).pipe(
    Effect.map((result) =>
      result.exitCode === 0 ? [] : [`rpmdb --verifydb: ${lastWords(result)}; rpmdb --rebuilddb may mend it`],
    ),
    Effect.orElseSucceed(() => []),
  )

/** The inventory with the packages marked that the administrator keeps back. */
export const withHolds = (inventory: Inventory, isHeld: (row: InstalledPackage) => boolean): Inventory => ({
  ...inventory,
  packages: inventory.packages.map((row) => (isHeld(row) ? { ...row, held: true } : row)),
})
