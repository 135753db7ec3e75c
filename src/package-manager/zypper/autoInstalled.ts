import * as Effect from "effect/Effect"
import type * as FileSystem from "effect/FileSystem"
import { outputLines } from "../outputLines.ts"
import { zypperPaths } from "./zypperCommands.ts"

/** libzypp's list of packages that are installed only because others need them: names, and `#` comments. */
const namesIn = (text: string): ReadonlyArray<string> =>
  [...outputLines(text)].map((line) => line.trim()).filter((line) => line !== "" && !line.startsWith("#"))

const readText = (fs: FileSystem.FileSystem) =>
  Effect.orElseSucceed(fs.readFileString(zypperPaths.automatic), () => "")

/** The packages marked as automatically installed. */
export const readAutomatic = (fs: FileSystem.FileSystem): Effect.Effect<ReadonlySet<string>> =>
  Effect.map(readText(fs), (text) => new Set(namesIn(text)))

/**
 * Puts back the marks that were there before, of all packages that still are. `zypper install NAME` and
 * `zypper update NAME` take what they are asked for off the list, as if an administrator had wanted it for itself, and
 * what is locked as well; no command puts it back. The file is replaced in one step, and not touched when nothing is
 * missing.
 */
export const restoreAutomatic = Effect.fnUntraced(function* (
  fs: FileSystem.FileSystem,
  before: ReadonlySet<string>,
  installed: ReadonlySet<string>,
) {
  const text = yield* readText(fs)
  const now = new Set(namesIn(text))
  const lost = [...before].filter((name) => !now.has(name) && installed.has(name))
  if (lost.length === 0) return
  const kept = text === "" || text.endsWith("\n") ? text : `${text}\n`
  const fresh = `${zypperPaths.automatic}.patchctl`
  yield* fs.writeFileString(fresh, `${kept}${lost.join("\n")}\n`, { mode: 0o644 }).pipe(
    Effect.andThen(fs.rename(fresh, zypperPaths.automatic)),
    // The packages are installed; a mark that is lost is no reason to say otherwise.
    Effect.catch((error) => Effect.logWarning("zypper.marks_not_restored", error)),
  )
})
