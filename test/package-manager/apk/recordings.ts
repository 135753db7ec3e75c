import * as Schema from "effect/Schema"
import { existsSync, readFileSync } from "node:fs"
import { fileURLToPath } from "node:url"
import type { SubprocessResult } from "../../../src/host/Subprocess.ts"
import type { Generation } from "../../../src/package-manager/apk/apkRepositories.ts"

export const generations: ReadonlyArray<Generation> = [2, 3]

const folder = (generation: Generation) =>
  fileURLToPath(new URL(`../../fixtures/apk/apk-${generation === 2 ? "2.14.10" : "3.0.6"}`, import.meta.url))

/** A file of the recorded host. */
export const recordedFile = (generation: Generation, name: string): string =>
  readFileSync(`${folder(generation)}/${name}`, "utf8")

const decodeCodes = Schema.decodeUnknownSync(Schema.fromJsonString(Schema.Record(Schema.String, Schema.Int)))

/** What apk said and its exit code in one of the cases of test/fixtures/apk/README.md. */
export const recorded = (generation: Generation, what: string): SubprocessResult => {
  const stream = (name: string) =>
    existsSync(`${folder(generation)}/${what}.${name}`) ? recordedFile(generation, `${what}.${name}`) : ""
  const [stdout, stderr] = [stream("stdout"), stream("stderr")]
  const exitCode = decodeCodes(recordedFile(generation, "exit-codes.json"))[what] ?? 0
  if (stdout === "" && stderr === "") throw new TypeError(`nothing is recorded of ${what}`)
  return { exitCode, stdout, stderr, truncated: false }
}

/** The index of the recorded repository, unpacked as `gzip -dc` would. */
export const packedIndex = (): Buffer =>
  readFileSync(fileURLToPath(new URL("../../fixtures/apk/main.APKINDEX.tar.gz", import.meta.url)))
