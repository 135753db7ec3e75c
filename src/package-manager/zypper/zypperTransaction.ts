import * as Effect from "effect/Effect"
import type { SubprocessRequest, SubprocessResult } from "../../host/Subprocess.ts"
import type { Attempt, Perform, Wanted } from "../applyPlan.ts"
import { evidenceText, lastWords } from "../outputText.ts"
import type { ReportProgress } from "../PackageManager.ts"
import type { ReadDependencies } from "../preflight.ts"
import { runTransaction } from "../runTransaction.ts"
import { parseNevra } from "../rpm/nevra.ts"
import { zypperExit } from "./zypperExit.ts"
import { complaintOf, lockRefusal, oneLine } from "./zypperMessages.ts"
import { messagesOf, readStream, type ZypperStream } from "./zypperStream.ts"

/** What went wrong with single packages, by name. */
export interface Troubles {
  readonly complaints: ReadonlyMap<string, string>
  /** Those whose files are in place all the same. */
  readonly scriptFailures: ReadonlySet<string>
}

const scriptlet = /^(warning|error): %\w+\((\S+)\) scriptlet failed, .*$/gm

/**
 * Reads rpm's complaints, which zypper passes on in its messages whatever its exit code: `warning: %post(NEVRA)
 * scriptlet failed, exit status 4` of a package that is there all the same, `error: %prein(NEVRA) …` of one that is
 * not; and zypper's own errors that name a target.
 */
export const troublesIn = (stream: ZypperStream, targets: Wanted["targets"]): Troubles => {
  const complaints = new Map<string, string>()
  const scriptFailures = new Set<string>()
  for (const text of messagesOf(stream, "error")) {
    const target = targets.find(({ name, to }) => text.includes(`${name}-${to}.`))
    if (target !== undefined) complaints.set(target.name, oneLine(text))
  }
  const said = messagesOf(stream, "info", "warning", "error").join("\n")
  for (const match of said.matchAll(scriptlet)) {
    const [line, kind, nevra = ""] = match
    const name = parseNevra(nevra)?.name
    if (name === undefined) continue
    // What the script printed itself stands above, if it printed anything.
    const above = (said.slice(0, match.index).trimEnd().split("\n").at(-1) ?? "").replace(
      /^Error: Subprocess failed\. Error: RPM failed: /,
      "",
    )
    const words = /^(?:$|Retrieving|Additional rpm output|(?:rpm|warning|error):)/.test(above)
      ? ""
      : `${above}: `
    complaints.set(name, oneLine(`${words}${line.replace(/^\w+: /, "")}`))
    if (kind === "warning") scriptFailures.add(name)
  }
  return { complaints, scriptFailures }
}

/** What zypper said, for people: its document holds kilobytes of progress. */
const spoken = (result: SubprocessResult, stream: ZypperStream) => ({
  stdout: stream.begun ? messagesOf(stream, "info", "warning", "error").join("\n") : result.stdout,
  stderr: result.stderr,
})

const judge = (targets: Wanted["targets"], result: SubprocessResult, stream: ZypperStream): Attempt => {
  const { meaning } = zypperExit(result.exitCode)
  const isDone = meaning === "done"
  const isLocked = meaning === "locked"
  return {
    evidence: { step: "", exitCode: result.exitCode, output: evidenceText(spoken(result, stream)) },
    ending: isDone ? "succeeded" : isLocked ? "locked" : "failed",
    ...(isLocked ? { holder: lockRefusal(stream) } : {}),
    ...troublesIn(stream, targets),
    complaint: isDone ? "" : complaintOf(stream, result),
  }
}

/** `<progress id="install-resolvable" name="(2/3) Installing: NEVRA" …/>`, and the messages of downloads. */
export const progressOf = (line: string): Parameters<ReportProgress>[0] | undefined => {
  const [, at, all, what = "", nevra = ""] =
    /^<progress id="[a-z-]+" name="\( *(\d+)\/(\d+)\) ([A-Za-z ]+): (\S+)"\/>$/.exec(line) ?? []
  const found = /(?:Retrieving: |Retrieving package )(\S+) .*\((\d+)\/(\d+)\)/.exec(line)
  if (found !== null) {
    const name = parseNevra(found[1] ?? "")?.name
    return { step: "download", ...(name === undefined ? {} : { package: name }) }
  }
  if (at === undefined || all === undefined) return undefined
  const name = parseNevra(nevra)?.name
  const done = what.startsWith("Installing") ? Math.max(0, Number(at) - 1) : Number(at)
  return {
    step: what.startsWith("Installing") ? "install" : what.includes("script") ? "configure" : "remove",
    ...(name === undefined ? {} : { package: name }),
    percent: Math.min(100, Math.round((100 * done) / Math.max(1, Number(all)))),
  }
}

/**
 * Runs zypper to change the system, telling its progress. Its exit code alone says little: what became of each package
 * is for the database to say.
 */
export const performZypper =
  (
    { subprocess }: Pick<ReadDependencies, "subprocess">,
    request: SubprocessRequest,
    targets: Wanted["targets"],
  ): Perform =>
  (report) =>
    runTransaction(
      "zypper",
      subprocess,
      {
        ...request,
        onLine: (line) => {
          const progress = progressOf(line)
          return progress === undefined ? Effect.void : report(progress)
        },
      },
      (result) => Effect.map(readStream(result.stdout), (stream) => judge(targets, result, stream)),
    )

/** Runs rpm itself, whose exit code is 0 or the number of packages that failed. */
export const performRpm =
  ({ subprocess }: Pick<ReadDependencies, "subprocess">, request: SubprocessRequest): Perform =>
  () =>
    runTransaction("zypper", subprocess, request, (result) => ({
      evidence: { step: "", exitCode: result.exitCode, output: evidenceText(result) },
      ending: result.exitCode === 0 ? "succeeded" : "failed",
      complaints: new Map(),
      complaint: result.exitCode === 0 ? "" : oneLine(lastWords(result)),
    }))
