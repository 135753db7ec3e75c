import * as Effect from "effect/Effect"
import { managerReadTimeout } from "../../schedules.ts"
import { automaticMarks } from "./aptCommands.ts"
import type { AptReadDependencies } from "./collectIndexes.ts"
import { outputLines } from "../outputLines.ts"

/** Names as apt prints them and takes them: `name` or `name:arch`. */
const printedName = /^[a-z0-9][a-z0-9+.-]*(?::[a-z0-9-]+)?$/

/** The packages marked as automatically installed, or undefined when apt cannot say. */
export const readMarks = ({ subprocess }: AptReadDependencies) =>
  subprocess.run(automaticMarks).pipe(
    Effect.map((result) =>
      result.exitCode === 0
        ? new Set([...outputLines(result.stdout)].filter((line) => printedName.test(line)))
        : undefined,
    ),
    Effect.orElseSucceed(() => undefined),
  )

const mark = ({ subprocess }: AptReadDependencies, as: "auto" | "manual", names: ReadonlyArray<string>) =>
  names.length === 0
    ? Effect.void
    : Effect.ignore(
        subprocess.run({ program: "apt-mark", args: [as, "--", ...names], timeout: managerReadTimeout }),
      )

/**
 * Puts the marks back as they were. `apt-get install NAME` marks what it names as manually installed, and then
 * autoremove would keep it for ever. `names` are the packages that were there before: a new dependency keeps the
 * mark that apt gave it.
 */
export const restoreMarks = Effect.fnUntraced(function* (
  dependencies: AptReadDependencies,
  before: ReadonlySet<string> | undefined,
  names: ReadonlySet<string>,
) {
  const after = yield* readMarks(dependencies)
  if (before === undefined || after === undefined) return
  yield* mark(
    dependencies,
    "auto",
    [...before].filter((name) => !after.has(name)),
  )
  yield* mark(
    dependencies,
    "manual",
    [...after].filter((name) => !before.has(name) && names.has(name)),
  )
})
