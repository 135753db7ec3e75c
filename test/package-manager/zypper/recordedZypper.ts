import * as ByteSize from "effect/ByteSize"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Option from "effect/Option"
import * as PlatformError from "effect/PlatformError"
import * as TestClock from "effect/testing/TestClock"
import { readFileSync } from "node:fs"
import { fileURLToPath } from "node:url"
import type { SubprocessRequest, SubprocessResult } from "../../../src/host/Subprocess.ts"
import type { ReadDependencies } from "../../../src/package-manager/preflight.ts"
import { type Answer, fakeSubprocess, type Responder } from "../../fakes/FakeSubprocess.ts"

export const versions = ["1.14.42", "1.14.101"] as const
export type Version = (typeof versions)[number]

const folder = (version: Version) =>
  fileURLToPath(new URL(`../../fixtures/zypper/${version}`, import.meta.url))

export const recorded = (version: Version, file: string): string =>
  readFileSync(`${folder(version)}/${file}`, "utf8")

/** What one of the recorded commands printed, and its exit code. */
export const answerOf = (version: Version, file: string): SubprocessResult => {
  const [, code] = new RegExp(`^${file} (\\d+)$`, "m").exec(recorded(version, "exits")) ?? []
  return { exitCode: Number(code), stdout: recorded(version, file), stderr: "", truncated: false }
}

/** Answers one command of zypper, by its name and words that stand in it as a whole. */
export const zypper =
  (words: string, answer: Answer): Responder =>
  ([program, ...args]) =>
    program === "zypper" && words.split(" ").every((word) => args.includes(word)) ? answer : undefined

export interface FakeFile {
  readonly text: string
  readonly changedAt?: DateTime.Utc
}

/** When the recorded host's indexes were last replaced. */
export const replacedAt = DateTime.makeUnsafe("2026-11-22T15:00:00Z")
export const recordedAt = DateTime.makeUnsafe("2026-11-22T16:00:00Z")

const repomd = (...types: ReadonlyArray<string>) =>
  `<?xml version="1.0"?>\n<repomd xmlns="http://linux.duke.edu/metadata/repo">${types
    .map((type) => `<data type="${type}"><timestamp>1704110400</timestamp></data>`)
    .join("")}</repomd>`

export const raw = "/var/cache/zypp/raw"

export const indexFiles: Readonly<Record<string, FakeFile>> = {
  [`${raw}/lab/repodata/repomd.xml`]: { text: repomd("primary", "updateinfo") },
  [`${raw}/lab-extras/repodata/repomd.xml`]: { text: repomd("primary") },
}

/** Files with their times; the folders above them are as old as the recording. */
export const fakeFiles = (files: Readonly<Record<string, FakeFile>>) => {
  const written: Record<string, string> = {}
  const missing = (path: string) =>
    Effect.fail(
      PlatformError.systemError({
        _tag: "NotFound",
        module: "FileSystem",
        method: "open",
        pathOrDescriptor: path,
      }),
    )
  const isFolder = (path: string) => Object.keys(files).some((file) => file.startsWith(`${path}/`))
  const fs = FileSystem.makeNoop({
    exists: (path) => Effect.succeed(path in files || isFolder(path)),
    readFileString: (path) => {
      const text = written[path] ?? files[path]?.text
      return text === undefined ? missing(path) : Effect.succeed(text)
    },
    readDirectory: (path) =>
      Effect.succeed(
        Object.keys(files).flatMap((file) =>
          file.startsWith(`${path}/`) ? [file.slice(path.length + 1)] : [],
        ),
      ),
    stat: (path) => {
      if (!(path in files) && !isFolder(path)) return missing(path)
      const info: FileSystem.File.Info = {
        type: path in files ? "File" : "Directory",
        mtime: Option.some(DateTime.toDateUtc(files[path]?.changedAt ?? replacedAt)),
        atime: Option.none(),
        birthtime: Option.none(),
        dev: 1n,
        ino: Option.none(),
        mode: 0o644,
        nlink: Option.none(),
        uid: Option.none(),
        gid: Option.none(),
        rdev: Option.none(),
        size: ByteSize.zero,
        blksize: Option.none(),
        blocks: Option.none(),
      }
      return Effect.succeed(info)
    },
    writeFileString: (path, text) => Effect.sync(() => void (written[path] = text)),
    rename: (from, to) =>
      Effect.sync(() => {
        written[to] = written[from] ?? ""
      }),
  })
  return { fs, written }
}

/** A host that answers as the recorded one did, but for what comes first among the responders or in the files. */
export const recordedZypper = Effect.fnUntraced(function* (
  version: Version,
  changes: {
    readonly responders?: ReadonlyArray<Responder>
    readonly files?: Readonly<Record<string, FakeFile>>
  } = {},
) {
  yield* TestClock.setTime(recordedAt.epochMilliseconds)
  const file = (name: string) => answerOf(version, name)
  const subprocess = fakeSubprocess(
    ...(changes.responders ?? []),
    ([program, ...args]) =>
      program === "rpm" && args.includes("--all") ? recorded(version, "rpm-query.tsv") : undefined,
    zypper("repos", file("repos.xml")),
    zypper("list-updates --all", file("list-updates-all.xml")),
    zypper("update --dry-run", file("update.xml")),
    zypper("list-patches", file("list-patches.xml")),
    zypper("info patch", file("info-patch.xml")),
    zypper("info --obsoletes", file("info-obsoletes.xml")),
    zypper("info package", file("info-package.xml")),
    zypper("search --requires-pkg", file("requires-pkg.xml")),
    zypper("search --match-exact", file("search.xml")),
    zypper("install --dry-run lab-conflict=1.1-1 lab-unsat=1.1-1", file("install-both.xml")),
    zypper("install --dry-run lab-conflict=1.1-1", file("install-conflict.xml")),
    zypper("install --dry-run lab-unsat=1.1-1", file("install-unsat.xml")),
    zypper("verify", file("verify.xml")),
  )
  const { fs, written } = fakeFiles({
    "/etc/zypp/locks": { text: recorded(version, "locks.txt") },
    ...(changes.files ?? indexFiles),
  })
  const dependencies: ReadDependencies = { subprocess: subprocess.service, fs }
  return { dependencies, calls: subprocess.calls, written }
})

/** The command lines of zypper so far, without options and targets. */
export const commands = (calls: ReadonlyArray<SubprocessRequest>): ReadonlyArray<string> =>
  calls.map(({ program, args }) => [program, args.find((word) => !word.startsWith("-")) ?? ""].join(" "))
