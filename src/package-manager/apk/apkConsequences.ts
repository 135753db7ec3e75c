import * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type { InstallPlan } from "../../domain/InstallPlan.ts"
import type { Changes, Consequences, Install } from "../planUpdates.ts"
import type { ReadDependencies } from "../preflight.ts"
import type { Objection } from "../updateSelection.ts"
import { readIndex, type IndexedSizes } from "./apkIndexFile.ts"
import { collectPolicies, collectSizes } from "./apkOffers.ts"
import { cacheFolder, type Indexes } from "./collectIndexes.ts"

/**
 * Packages whose new code runs only after a restart of the host: kernels, microcode, and the C library that every
 * process has loaded. Only an expectation: afterwards the host itself is looked at.
 */
const needsReboot =
  /^(?:linux-(?:lts|virt|edge|stable|openpax|asahi|rpi\d?|elm|gru|p8|qcom\S*|postmarketos-[a-z0-9-]+)|musl|dbus|(?:intel|amd)-ucode)$/

const rebootExpected = (installs: ReadonlyArray<Install>): InstallPlan["rebootExpected"] =>
  installs.some(({ name }) => needsReboot.test(name)) ? "yes" : "no"

const fullName = ({ name, to }: Pick<Install, "name" | "to">) => `${name}-${to}`

/** The sizes of what would be installed: apk 3 tells them, apk 2 only has them in its indexes. */
const sizesOf = Effect.fnUntraced(function* (
  dependencies: ReadDependencies,
  indexes: Indexes,
  installs: ReadonlyArray<Install>,
) {
  const wanted = new Set(installs.map(fullName))
  if (indexes.generation === 3) {
    const offers = yield* collectSizes(
      dependencies,
      installs.map(({ name }) => name),
    )
    return new Map(
      offers.flatMap(({ name, version, downloadBytes, installedBytes }) =>
        downloadBytes === undefined
          ? []
          : [[`${name}-${version}`, { download: downloadBytes, installed: installedBytes ?? 0 }] as const],
      ),
    )
  }
  const files = yield* Effect.forEach(indexes.all, ({ path }) => readIndex(dependencies, path, wanted))
  return new Map(files.flatMap(({ sizes }) => [...sizes]))
})

/** Packages that apk keeps, so that they are not downloaded once more: `NAME-VERSION.CHECKSUM.apk`. */
const keptPackages = Effect.fnUntraced(function* ({ fs }: ReadDependencies) {
  const files = yield* Effect.orElseSucceed(fs.readDirectory(yield* cacheFolder(fs)), () => [])
  return new Set(files.flatMap((file) => /^(.+)\.[0-9a-f]{8}\.apk$/.exec(file)?.[1] ?? []))
})

const sum = (numbers: ReadonlyArray<number | undefined>) =>
  numbers.reduce<number | undefined>(
    (total, number) => (total === undefined || number === undefined ? undefined : total + number),
    0,
  )

/** Origins, sizes and the need of a restart of what would be installed. */
export const consequences = Effect.fnUntraced(function* (
  dependencies: ReadDependencies,
  indexes: Indexes,
  installedSizes: ReadonlyMap<string, number>,
  { installs, removals }: Changes,
) {
  const tables = yield* collectPolicies(
    dependencies,
    "plan",
    installs.map(({ name }) => name),
  )
  const sizes: ReadonlyMap<string, IndexedSizes> = yield* sizesOf(dependencies, indexes, installs)
  const kept = yield* keptPackages(dependencies)
  const growth = sum([
    ...installs.map((row) => sizes.get(fullName(row))?.installed),
    ...[...installs, ...removals]
      .filter(({ from }) => from !== undefined)
      .map(({ name }) => {
        const size = installedSizes.get(name)
        return size === undefined ? undefined : -size
      }),
  ])
  const facts: Consequences = {
    originsOf: ({ name, to }) =>
      (tables.versions.get(name)?.find(({ version }) => version === to)?.repositories ?? []).map((row) => ({
        id: row.name,
      })),
    downloadBytes: installs
      .filter((row) => !kept.has(fullName(row)))
      .reduce((total, row) => total + (sizes.get(fullName(row))?.download ?? 0), 0),
    ...(growth === undefined ? {} : { installedSizeChangeBytes: growth }),
    rebootExpected: rebootExpected(installs),
  }
  return facts
})

/**
 * Why some of these are too young. apk keeps no date of publication for a package, and the date of its build says
 * nothing about when it was offered. What is certain: a version was published before an index that lists it was made;
 * where that is not long enough ago, its age is unknown, and unknown is not old enough.
 */
export const youth = Effect.fnUntraced(function* (
  dependencies: ReadDependencies,
  indexes: Indexes,
  rows: ReadonlyArray<Pick<Install, "name" | "to">>,
  minimumHours: number,
) {
  const tables = yield* collectPolicies(
    dependencies,
    "plan",
    rows.map(({ name }) => name),
  )
  const made = new Map(
    yield* Effect.forEach(indexes.all, ({ path, repository }) =>
      Effect.map(
        readIndex(dependencies, path, new Set()),
        ({ madeAt }) => [repository.name, madeAt] as const,
      ),
    ),
  )
  const now = yield* DateTime.now
  const minimum = Duration.hours(minimumHours)
  return ({ name, to }: Pick<Install, "name" | "to">): Objection | undefined => {
    const places =
      tables.versions
        .get(name)
        ?.find(({ version }) => version === to)
        ?.repositories.map((row) => row.name) ?? []
    const [oldest] = places
      .flatMap((place) => {
        const date = made.get(place)
        return date === undefined ? [] : [{ date, place }]
      })
      .toSorted((a, b) => DateTime.Order(a.date, b.date))
    if (oldest === undefined) {
      return {
        reason: "too_young",
        detail: "its age is unknown: no repository that offers it carries a date",
      }
    }
    if (Duration.isGreaterThanOrEqualTo(DateTime.distance(oldest.date, now), minimum)) return undefined
    const date = DateTime.formatIso(oldest.date)
    const detail = `its age is unknown: all that is certain is that ${oldest.place} listed it on ${date}, less than ${minimumHours} h ago`
    return { reason: "too_young", detail }
  }
})
