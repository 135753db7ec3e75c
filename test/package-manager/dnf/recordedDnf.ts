import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as TestClock from "effect/testing/TestClock"
import { readFileSync } from "node:fs"
import { fileURLToPath } from "node:url"
import { type DnfReadDependencies, requireDialect } from "../../../src/package-manager/dnf/dnfDialect.ts"
import { type FakeSubprocess, fakeSubprocess, type Responder, when } from "../../fakes/FakeSubprocess.ts"
import { layerFileTree, type Tree } from "../../fakes/fileTree.ts"

/** Hosts whose answers are recorded; see test/fixtures/dnf/ORIGIN.md for what is hidden on them and how. */
export type RecordedDnf = "dnf-4.5" | "dnf-4.23" | "dnf5-5.4"

export const recorded = (host: RecordedDnf | "yum-3.4", file: string): string =>
  readFileSync(fileURLToPath(new URL(`../../fixtures/dnf/${host}/${file}`, import.meta.url)), "utf8")

/** Minutes after the recordings were made. */
export const recordedAt = DateTime.makeUnsafe("2026-11-22T17:00:00Z")

const caches = { "dnf-4.5": "/var/cache/dnf", "dnf-4.23": "/var/cache/dnf", "dnf5-5.4": "/var/cache/libdnf5" }
const folders = { lab: "lab-a1e8a8e2430333cb", "lab-extras": "lab-extras-6d61a2210a0ad8b7" }

/** The metadata of both repositories, as far as it is read, and what keeps packages back. */
export const recordedFiles = (host: RecordedDnf): Tree => {
  const file = (path: string) => recorded(host, path)
  const lab = `${caches[host]}/${folders.lab}/repodata`
  const extras = `${caches[host]}/${folders["lab-extras"]}/repodata`
  const announced = /href="repodata\/([^"]*updateinfo[^"]*)"/.exec(file("lab.repomd.xml"))?.[1] ?? "none"
  return {
    [`${lab}/repomd.xml`]: file("lab.repomd.xml"),
    [`${lab}/${announced}`]: "packed",
    [`${extras}/repomd.xml`]: file("lab-extras.repomd.xml"),
    "/etc/dnf/dnf.conf": file("dnf.conf"),
    "/var/lib/rpm/rpmdb.sqlite": "",
    ...(host === "dnf-4.23"
      ? {
          "/etc/dnf/plugins/versionlock.conf": file("versionlock.conf"),
          "/etc/dnf/plugins/versionlock.list": file("versionlock.list"),
        }
      : {}),
    ...(host === "dnf5-5.4" ? { "/etc/dnf/versionlock.toml": file("versionlock.toml") } : {}),
  }
}

const versions = { "dnf-4.5": "4.5.2\n", "dnf-4.23": "4.23.0\n", "dnf5-5.4": "dnf5 version 5.4.6.0\n" }

const answers = (host: RecordedDnf): ReadonlyArray<Responder> => {
  const program = host === "dnf5-5.4" ? "dnf5" : "dnf"
  const answer = (words: string, file: string, exitCode = 0) =>
    when(`${program} ${words}`, { exitCode, stdout: recorded(host, `${file}.stdout`) })
  const unfiltered = host === "dnf5-5.4" ? "--setopt=disable_excludes=*" : "--disableexcludes=all"
  const isDetailed: Responder = (argv) =>
    argv.some((word) => word.includes("%{summary}")) ? recorded(host, "details.stdout") : undefined
  return [
    when(`${program} --version`, versions[host]),
    when("rpm --query --all", recorded(host, "rpm.stdout")),
    when("rpm --query --", recorded(host, "rpm-details.stdout")),
    when("rpmdb --verifydb", ""),
    answer("repolist --verbose", "repositories"),
    answer("repo info --json", "repositories"),
    answer("--assumeno --setopt=best=False upgrade", "table", 1),
    answer("--assumeno upgrade --best --allowerasing lab-conflict", "forced", 1),
    answer(`${unfiltered} repoquery --upgrades`, "upgrades-unfiltered"),
    answer("repoquery --upgrades", "upgrades"),
    answer("repoquery --whatrequires=lab-newdep-lib", "requirers"),
    answer(`${unfiltered} repoquery --available lab-new`, "offers-replacing"),
    (argv, request) => (argv.includes("--available") ? isDetailed(argv, request) : undefined),
    answer(`${unfiltered} repoquery --available`, "offers-described"),
    answer("repoquery --installed", "reasons"),
    answer("advisory list --json", "advisories"),
    answer("advisory info --json", "advisory-cves"),
    answer("updateinfo list --with-cve", "advisory-cves"),
    answer("updateinfo list", "advisories"),
  ]
}

/** A host that answers as it did, but for what comes first among the responders or in the file tree. */
export const recordedDnf = Effect.fnUntraced(function* (
  host: RecordedDnf,
  changes: {
    readonly responders?: ReadonlyArray<Responder>
    readonly files?: Tree
    readonly isRoot?: boolean
  } = {},
) {
  yield* TestClock.setTime(recordedAt.epochMilliseconds)
  const fake: FakeSubprocess = fakeSubprocess(...(changes.responders ?? []), ...answers(host))
  const fs = yield* FileSystem.FileSystem.pipe(
    Effect.provide(layerFileTree({ ...recordedFiles(host), ...changes.files })),
  )
  const subprocess = fake.service
  const dependencies: DnfReadDependencies = {
    subprocess,
    fs,
    isRoot: changes.isRoot ?? true,
    dialect: yield* Effect.cached(requireDialect({ subprocess })),
  }
  return { dependencies, calls: fake.calls }
})
