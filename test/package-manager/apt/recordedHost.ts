import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as TestClock from "effect/testing/TestClock"
import { readdirSync, readFileSync } from "node:fs"
import { fileURLToPath } from "node:url"
import type { AptReadDependencies } from "../../../src/package-manager/apt/collectIndexes.ts"
import { type FakeSubprocess, fakeSubprocess, type Responder, when } from "../../fakes/FakeSubprocess.ts"
import { layerFileTree, type Tree } from "../../fakes/fileTree.ts"

/**
 * Hosts whose answers are recorded in test/fixtures/apt. The lab ones have lab-held on hold, lab-pinned pinned to
 * the installed version and lab-phased rolled out to nobody yet.
 */
export type RecordedHost = "debian-11-lab" | "debian-12-lab" | "debian-13-lab" | "debian-12-real"

const folder = (host: RecordedHost) => fileURLToPath(new URL(`../../fixtures/apt/${host}`, import.meta.url))

export const recorded = (host: RecordedHost, file: string): string =>
  readFileSync(`${folder(host)}/${file}`, "utf8")

/** When the recordings were made, to the day. */
export const recordedAt = DateTime.makeUnsafe("2026-11-22T13:00:00Z")

/** When apt last heard from each source. */
const refreshedAt = DateTime.makeUnsafe("2026-11-22T12:00:00Z")

const lists = "/var/lib/apt/lists"

/** The recorded host's package lists, by path. */
export const recordedFiles = (host: RecordedHost): Tree => ({
  ...Object.fromEntries(
    readdirSync(`${folder(host)}/lists`).map((file) => [`${lists}/${file}`, recorded(host, `lists/${file}`)]),
  ),
  ...Object.fromEntries(
    recorded(host, "package-lists.txt")
      .trim()
      .split("\n")
      .map((file) => [`${lists}/${file}`, ""]),
  ),
})

const changedAt: Responder = ([program, , , , ...paths]) =>
  program === "stat"
    ? paths
        .map((path) => `${Math.floor(refreshedAt.epochMilliseconds / 1000)}\tregular file\t${path}\n`)
        .join("")
    : undefined

/** A host that answers as it did, but for what comes first among the responders or in the file tree. */
export const recordedHost = Effect.fnUntraced(function* (
  host: RecordedHost,
  changes: { readonly responders?: ReadonlyArray<Responder>; readonly files?: Tree } = {},
) {
  yield* TestClock.setTime(recordedAt.epochMilliseconds)
  const subprocess: FakeSubprocess = fakeSubprocess(
    ...(changes.responders ?? []),
    changedAt,
    when("dpkg-query --show", recorded(host, "dpkg-query.stdout")),
    when("apt-cache policy", recorded(host, "apt-cache-policy.stdout")),
    when("apt-get --print-uris update", recorded(host, "update.uris")),
    when("apt-get --print-uris upgrade --with-new-pkgs", recorded(host, "upgrade-with-new.uris")),
    when("apt-get --print-uris upgrade", recorded(host, "upgrade.uris")),
    when("apt-get --print-uris dist-upgrade", recorded(host, "dist-upgrade.uris")),
    // What these hosts' apt keeps back has dependencies that nobody offers.
    when("apt-get --print-uris --only-upgrade install", {
      exitCode: 100,
      stderr: "E: Unable to correct problems, you have held broken packages.\n",
    }),
  )
  const fs = yield* FileSystem.FileSystem.pipe(
    Effect.provide(layerFileTree(changes.files ?? recordedFiles(host))),
  )
  const dependencies: AptReadDependencies = { subprocess: subprocess.service, fs }
  return { dependencies, calls: subprocess.calls }
})

/** The command lines run so far, options left out. */
export const commands = (calls: FakeSubprocess["calls"]): ReadonlyArray<string> =>
  calls.map(({ program, args }) =>
    [program, ...args.filter((arg) => /^(?:--[pw]|[a-z])/.test(arg))].join(" "),
  )
