import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as TestClock from "effect/testing/TestClock"
import { readFileSync } from "node:fs"
import { fileURLToPath } from "node:url"
import type { ReadDependencies } from "../../../src/package-manager/preflight.ts"
import { parseDescriptions } from "../../../src/package-manager/pacman/localDatabase.ts"
import { type FakeSubprocess, fakeSubprocess, type Responder, when } from "../../fakes/FakeSubprocess.ts"
import { layerFileTree, type Tree } from "../../fakes/fileTree.ts"

/**
 * Hosts whose answers are recorded in test/fixtures/pacman: the lab's packages under Debian's pacman 6.0.2 and 7.1.0.
 * IgnorePkg keeps lab-held and IgnoreGroup lab-grouped.
 */
export type RecordedHost = "pacman-6.0" | "pacman-7.1"
export const recordedHosts: ReadonlyArray<RecordedHost> = ["pacman-6.0", "pacman-7.1"]

export const recorded = (host: RecordedHost, file: string): string =>
  readFileSync(fileURLToPath(new URL(`../../fixtures/pacman/${host}/${file}`, import.meta.url)), "utf8")

/** When the recordings are taken to be made. */
export const recordedAt = DateTime.makeUnsafe("2026-11-22T13:00:00Z")

/** `stat` for the live database of lab, downloaded an hour before. */
const downloaded: Responder = ([program]) =>
  program === "stat" ? "1795348800\t1704067200\t2391\t/var/lib/pacman/sync/lab.db\n" : undefined

/** The entries of package databases, by path. */
const entries = (...databases: ReadonlyArray<string>): Tree =>
  Object.fromEntries(
    databases
      .flatMap((text) => [...parseDescriptions(text)])
      .map(([entry, text]) => [`/var/lib/pacman/local/${entry}/desc`, text]),
  )

/** The files of a package database that is at times this one, and at times that. */
export const databaseFiles = (...databases: ReadonlyArray<string>) =>
  FileSystem.FileSystem.pipe(Effect.provide(layerFileTree(entries(...databases))))

/** A host that answers as it did, but for what comes first among the responders. */
export const recordedHost = Effect.fnUntraced(function* (
  host: RecordedHost,
  ...responders: ReadonlyArray<Responder>
) {
  yield* TestClock.setTime(recordedAt.epochMilliseconds)
  const subprocess: FakeSubprocess = fakeSubprocess(
    ...responders,
    downloaded,
    when("pacman-conf", recorded(host, "pacman-conf.stdout")),
    when("find -exec tail", recorded(host, "local.stdout")),
    when("pacman -Qu", recorded(host, "upgrades.stdout")),
    when("pacman -Sup", recorded(host, "upgrade.stdout")),
    when("pacman -Si", recorded(host, "sync-records.stdout")),
    when("pacman -Dk", "No database errors have been found!\n"),
    when("df", "Avail Mounted on File\n99999999999 / /var/cache/pacman/pkg\n99999999999 / /\n"),
  )
  const fs = yield* databaseFiles(recorded(host, "local.stdout"))
  const dependencies: ReadDependencies = { subprocess: subprocess.service, fs }
  return { dependencies, calls: subprocess.calls }
})
