import { outputLines } from "../outputLines.ts"
import { messagesOf, type ZypperStream } from "./zypperStream.ts"

/** What `zypper info` says of one package or patch: the labels of its lines and what stands beside them. */
export type Details = ReadonlyMap<string, string>

/**
 * Reads `zypper info`, which has no XML of its own: one message for each package, a description in it indented. By
 * name.
 */
export const parseDetails = (stream: ZypperStream): ReadonlyMap<string, Details> =>
  new Map(
    messagesOf(stream, "info").flatMap((text) => {
      const details = new Map(
        [...text.matchAll(/^([A-Z][A-Za-z ]*?) +: (.*)$/gm)].map(([, label = "", value = ""]) => [
          label,
          value.trim(),
        ]),
      )
      const name = details.get("Name")
      return name === undefined ? [] : [[name, details]]
    }),
  )

/**
 * The dependencies of one kind in such a message: `Conflicts   : ONE`, or `Conflicts   : [N]` and N indented lines.
 * None when it has no such label; undefined when there are not as many as it says.
 */
export const dependenciesIn = (text: string, label: string): ReadonlyArray<string> | undefined => {
  const found = new RegExp(`^${label} +: (?:\\[(\\d+)\\]\\n((?: {4}.*(?:\\n|$))*)|(.*))`, "m").exec(text)
  if (found === null) return []
  const [, count, list, one] = found
  if (one !== undefined) return one.trim() === "---" ? [] : [one.trim()]
  const lines = [...outputLines(list ?? "")].map((line) => line.trim())
  return count !== undefined && Number(count) === lines.length ? lines : undefined
}

/** Reads `zypper info --obsoletes`: the names of the packages that each takes the place of. */
export const parseObsoletes = (stream: ZypperStream): ReadonlyMap<string, ReadonlyArray<string>> =>
  new Map(
    messagesOf(stream, "info").flatMap((text) => {
      const [, name] = /^Name +: (\S+)$/m.exec(text) ?? []
      const obsoletes = dependenciesIn(text, "Obsoletes") ?? []
      return name === undefined ? [] : [[name, obsoletes.flatMap((entry) => entry.split(" ")[0] ?? [])]]
    }),
  )
