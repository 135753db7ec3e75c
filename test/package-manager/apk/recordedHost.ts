import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as TestClock from "effect/testing/TestClock"
import { gunzipSync } from "node:zlib"
import { apkPaths } from "../../../src/package-manager/apk/apkCommands.ts"
import {
  cachedIndexName,
  parseRepositories,
  type Generation,
} from "../../../src/package-manager/apk/apkRepositories.ts"
import { fakeSubprocess, type Responder } from "../../fakes/FakeSubprocess.ts"
import { HostFiles } from "./hostFiles.ts"
import { packedIndex, recorded, recordedFile } from "./recordings.ts"

/** When the recordings were made, to the hour; the indexes had been downloaded an hour before. */
export const recordedAt = DateTime.makeUnsafe("2026-11-22T17:00:00Z")
const downloadedAt = recordedAt.epochMilliseconds - 3_600_000

export const repositories = "http://repo.example.org/main\n@edge http://repo.example.org/edge\n"

/** The recorded steps for what is asked, numbered anew: what apk would say of these alone. */
const simulate = (generation: Generation, names: ReadonlyArray<string>) => {
  if (names.includes("lab-unsat") || names.includes("lab-conflict")) {
    return recorded(generation, "simulate-unsatisfiable")
  }
  const along: Readonly<Record<string, string>> = {
    "lab-newdep": "lab-newdep-lib",
    "lab-drops": "lab-olddep",
  }
  const wanted = new Set([...names, ...names.flatMap((name) => along[name] ?? [])])
  const steps = recorded(generation, "simulate")
    .stdout.split("\n")
    .flatMap((line) => {
      const [, text, name] = /^\( *\d+\/\d+\) (\w+ (\S+) .*)$/.exec(line) ?? []
      return text !== undefined && name !== undefined && wanted.has(name) ? [text] : []
    })
  const lines = steps.map((step, index) => `(${index + 1}/${steps.length}) ${step}`)
  return [...lines, "OK: 0 MiB in 26 packages", ""].join("\n")
}

/** What the recorded host answers; a question nobody recorded an answer to is answered by no program. */
const answers =
  (generation: Generation): Responder =>
  ([program, command, ...rest]) => {
    if (program === "gzip") {
      return rest[0]?.endsWith(cachedName(generation, 0)) === true
        ? gunzipSync(packedIndex()).toString("utf8")
        : ""
    }
    if (program === "df") return ""
    if (program !== "apk") return undefined
    const names = rest.filter((word) => word.startsWith("lab-"))
    if (command === "--version") return recorded(generation, "version")
    if (command === "policy") return recorded(generation, "policy")
    if (command === "info") return recorded(generation, "descriptions")
    if (command === "list" || rest.includes("--upgradable")) return recorded(generation, "upgradable")
    if (command === "query") return recorded(generation, "sizes")
    if (rest.includes("--latest")) return recorded(generation, "explain-latest")
    if (command === "add" || rest.includes("--ignore")) return recorded(generation, "simulate-nothing")
    return rest.includes("--simulate") ? simulate(generation, names) : undefined
  }

const cachedName = (generation: Generation, index: number) => {
  const row = parseRepositories([repositories], "x86_64")[index]
  return row === undefined ? "" : cachedIndexName(row, generation)
}

/** The recorded host, but for what comes first among the responders and what `change` does to its files. */
export const recordedHost = Effect.fnUntraced(function* (
  generation: Generation,
  change: {
    readonly responders?: ReadonlyArray<Responder>
    readonly files?: (files: HostFiles) => void
  } = {},
) {
  yield* TestClock.setTime(recordedAt.epochMilliseconds)
  const files = new HostFiles()
  files.write("/etc/os-release", "ID=alpine\nVERSION_ID=3.22.1\n", downloadedAt)
  files.write(apkPaths.installed, recordedFile(generation, "installed"), downloadedAt)
  files.write(apkPaths.world, recordedFile(generation, "world"), downloadedAt)
  files.write(apkPaths.architecture, "x86_64\n", downloadedAt)
  files.write(apkPaths.repositories, repositories, downloadedAt)
  for (const index of [0, 1]) {
    files.write(`${apkPaths.staticCache}/${cachedName(generation, index)}`, "", downloadedAt)
  }
  change.files?.(files)
  const subprocess = fakeSubprocess(...(change.responders ?? []), answers(generation))
  return {
    dependencies: { subprocess: subprocess.service, fs: files.service },
    calls: subprocess.calls,
    files,
    cachedIndex: (index: number) => `${apkPaths.staticCache}/${cachedName(generation, index)}`,
  }
})

/** Answers one command of apk in another way, by words that it contains. */
export const insteadOf =
  (words: string, answer: ReturnType<Responder>): Responder =>
  (argv) =>
    words.split(" ").every((word) => argv.includes(word)) ? answer : undefined
