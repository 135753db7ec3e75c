import { outputLines } from "../outputLines.ts"
import { endOf, lastWords, plainText, shortened } from "../outputText.ts"

interface Output {
  readonly stdout: string
  readonly stderr: string
}

/** Why dnf would not do what it was asked, as far as it says. */
export interface Refusal {
  /** What its solver cannot reconcile, one text for each problem. */
  readonly problems: ReadonlyArray<string>
  /** Words of the command line for which it found no package. */
  readonly unmatched: ReadonlyArray<string>
  /** Whether it finds that there is nothing to do. */
  readonly isNothing: boolean
  /** Whether it would try harder if it might remove packages. */
  readonly mayErase: boolean
}

/** `Problem: …` and `Problem 2: …` of libsolv; `Package: NEVRA (repository)` and `NAME conflicts with NEVRA` of yum. */
const startsProblem = /^(?: ?Problem(?: \d+)?: |Error: Package: |Error: \S+ conflicts with \S+$)/

const problemsOf = (text: string): ReadonlyArray<string> => {
  const problems: Array<Array<string>> = []
  let open = false
  for (const line of outputLines(text)) {
    if (startsProblem.test(line)) {
      problems.push([line.replace(/^ ?(?:Problem(?: \d+)?|Error): /, "")])
      open = true
    } else if (open && /^ +\S/.test(line)) problems.at(-1)?.push(line.trim())
    else open = false
  }
  return problems.map((lines) => lines.join(" "))
}

const unmatchedWord =
  /No [Mm]atch for argument: (\S+)|[Pp]ackages? for argument '([^\s']+)' available, but|Argument '([^\s']+)' matches only excluded|No package (\S+) available/g

/** Reads what dnf4, dnf5 or yum say instead of, or before, a transaction. */
export const parseRefusal = (output: Output): Refusal => {
  const text = plainText(`${output.stdout}\n${output.stderr}`)
  const unmatched = [...text.matchAll(unmatchedWord)].flatMap(([, ...words]) => words.filter((word) => word))
  return {
    problems: problemsOf(text),
    unmatched: [...new Set(unmatched)],
    isNothing: /^(?:Nothing to do|No packages marked for)|^Error: No packages marked for/m.test(text),
    mayErase: /--allowerasing/.test(text),
  }
}

/** Lines of progress and advice, which dnf5 writes to stderr too. */
const isProgress = (line: string) => /^(?:\[ *\d+\/\d+\]|-{20,}|>>> )|\d+% \|/.test(line)

/** Where the words about the run as a whole begin. */
const isVerdict = (line: string) =>
  /^(?:Error|Failed|Transaction failed|Cannot|Could not|RPM: error|error)\b/i.test(line)

/** What went wrong with a run, in one line: from its verdict on, or else what it said last. */
export const complaintOf = (output: Output): string => {
  const lines = [...outputLines(plainText(output.stderr))].filter((line) => !isProgress(line))
  const verdict = lines.findIndex(isVerdict)
  const said = lines.slice(Math.max(0, verdict)).join(" ").replaceAll(/\s+/g, " ").trim()
  if (said === "") return lastWords({ stdout: output.stdout, stderr: "" })
  return verdict === -1 ? endOf(said, 512) : shortened(said)
}
