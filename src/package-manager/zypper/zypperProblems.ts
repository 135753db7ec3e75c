import type { Objection } from "../updateSelection.ts"
import type { Wanted } from "../applyPlan.ts"
import { complaintOf, oneLine } from "./zypperMessages.ts"
import { messagesOf, within, type Element, type ZypperStream } from "./zypperStream.ts"

/** The solutions that zypper offers, each with its lines: `Solution 1: …`, more of them indented below. */
const solutionsOf = (description: string): ReadonlyArray<string> =>
  description.split(/^ *Solution \d+: */m).slice(1)

/** The problem itself, without zypper's numbering. */
const problemOf = (description: string): string =>
  oneLine(
    (description.split(/^ *Solution \d+:/m)[0] ?? "")
      .replace(/^Problem: (?:\d+: )?(?:Detailed information: )?/, "")
      .replaceAll(/^- /gm, "; ")
      .replace(/^\s*; /, ""),
  )

const deinstalled = (solution: string): ReadonlyArray<string> =>
  [...solution.matchAll(/^ *deinstallation of (\S+)$/gm)].map(([, nevra = ""]) => nevra)

const descriptionOf = (prompt: Element): string => within(prompt, "description")[0]?.text ?? ""

const lines = (text: string) => text.split("\n").filter((line) => line.trim() !== "")

/** Whether all that a solution asks for is that packages go. */
const isRemoval = (solution: string): boolean => {
  const actions = lines(solution).filter((line) => !line.includes("Following actions will be done"))
  return actions.length > 0 && deinstalled(solution).length === actions.length
}

const firstDescription = ({ elements }: ZypperStream): string => {
  const [prompt] = elements.filter(({ name }) => name === "prompt")
  return prompt === undefined ? "" : descriptionOf(prompt)
}

/** The problem that keeps zypper's solver from a solution: the first of several, and how many more there are. */
export const problemIn = (
  stream: ZypperStream,
  result: { readonly stdout: string; readonly stderr: string },
): string => {
  const description = firstDescription(stream)
  if (description.trim() === "") return complaintOf(stream, result)
  const others = messagesOf(stream, "info").filter((text) => text.startsWith("Problem: ")).length - 1
  return `${problemOf(description)}${others > 0 ? `; and ${others} more` : ""}`
}

/**
 * Why zypper's solver has no solution without a decision: what stands in the first `prompt` of a run that ended with
 * 4, or the errors of one that ended with 104. The sentences are those of libzypp's solver in English, 17.25 to 17.38.
 */
export const objectionOf = (
  stream: ZypperStream,
  result: { readonly stdout: string; readonly stderr: string },
): Objection => {
  const solutions = solutionsOf(firstDescription(stream))
  const unlocking = solutions.find((solution) => /\bremove lock to allow\b/.test(solution))
  if (unlocking !== undefined) {
    const what = unlocking.replace(/^Following actions will be done:/, "").replaceAll(/\n\s*(?=\S)/g, "; ")
    return { reason: "held", detail: oneLine(what.replace(/^\s*; /, "")) }
  }
  const removal = solutions.find(isRemoval)
  if (removal !== undefined) {
    return { reason: "needs_removal", detail: oneLine(`it would remove ${deinstalled(removal).join(", ")}`) }
  }
  return { reason: "conflict", detail: problemIn(stream, result) }
}

/**
 * Those of the targets that zypper names when it has no solution: it lists all problems before it explains the first.
 * Being named is not being to blame.
 */
export const suspectsOf = <T extends Wanted["targets"][number]>(
  stream: ZypperStream,
  targets: ReadonlyArray<T>,
): ReadonlyArray<T> => {
  const texts = [
    ...messagesOf(stream, "info", "error").filter((text) => /^(?:Problem|No provider of)\b/.test(text)),
    ...stream.elements.filter(({ name }) => name === "prompt").map(descriptionOf),
  ].join("\n")
  return targets.filter(
    ({ name, to }) => texts.includes(`${name}-${to}.`) || texts.includes(`'${name}=${to}'`),
  )
}
