import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import { outputLines } from "../outputLines.ts"
import type { ReadDependencies } from "../preflight.ts"
import { unpackIndex } from "./apkCommands.ts"
import { notRun } from "./apkFailure.ts"

/** What an index says of one version of a package, in bytes. */
export interface IndexedSizes {
  readonly download: number
  readonly installed: number
}

export interface IndexFile {
  /** When the server made it: whatever it lists was published before. */
  readonly madeAt?: DateTime.Utc
  /** By `NAME-VERSION`. */
  readonly sizes: ReadonlyMap<string, IndexedSizes>
}

/** The header of the tar archive that stands before the text, by tar(5): name 100 bytes, four numbers, then the time. */
const tarHeader = /APKINDEX\0{92}.{36}([0-7]{11,12})/s

/**
 * Reads an unpacked `APKINDEX.tar.gz`: a tar archive in which records of `letter:value` lines end with an empty line.
 * Only `wanted` versions (`NAME-VERSION`) are kept. The headers of the archive are lines of no meaning here.
 */
export const parseIndex = (text: string, wanted: ReadonlySet<string>): IndexFile => {
  const sizes = new Map<string, IndexedSizes>()
  let record: Record<string, string> = {}
  for (const line of outputLines(text)) {
    if (line === "") {
      const key = `${record["P"] ?? ""}-${record["V"] ?? ""}`
      const [download, installed] = [Number(record["S"]), Number(record["I"])]
      if (wanted.has(key) && Number.isSafeInteger(download) && Number.isSafeInteger(installed)) {
        sizes.set(key, { download, installed })
      }
      record = {}
    } else if (/^[PVSI]:/.test(line)) record[line.charAt(0)] = line.slice(2)
  }
  const seconds = tarHeader.exec(text)?.[1]
  return {
    ...(seconds === undefined ? {} : { madeAt: DateTime.makeUnsafe(Number.parseInt(seconds, 8) * 1000) }),
    sizes,
  }
}

/** Reads the index at a path. One in the format of apk 3, and one that is not there, say nothing. */
export const readIndex = Effect.fnUntraced(function* (
  { subprocess }: ReadDependencies,
  path: string,
  wanted: ReadonlySet<string>,
) {
  const result = yield* subprocess.run(unpackIndex(path)).pipe(notRun("plan"))
  return parseIndex(result.exitCode === 0 ? result.stdout : "", wanted)
})
