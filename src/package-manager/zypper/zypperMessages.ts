import type { LockHolder } from "../../domain/Host.ts"
import { lastWords, plainText, shortened, withoutCredentials } from "../outputText.ts"
import { messagesOf, type ZypperStream } from "./zypperStream.ts"
import { zypperPaths } from "./zypperCommands.ts"

/** A message in one line that may be shown. */
export const oneLine = (text: string): string =>
  shortened(withoutCredentials(plainText(text)).replaceAll(/\s+/g, " ").trim())

/** What went wrong in one line: zypper's own errors, else the end of what it printed. */
export const complaintOf = (
  stream: ZypperStream,
  result: { readonly stdout: string; readonly stderr: string },
): string => {
  const errors = messagesOf(stream, "error")
  return oneLine(errors.length > 0 ? errors.join(" ") : lastWords(result))
}

/** `System management is locked by the application with pid 4711 (zypper).` */
export const lockRefusal = (stream: ZypperStream): LockHolder => {
  const [, pid, program] =
    /locked by the application with pid (\d+) \(([^)]*)\)/.exec(messagesOf(stream, "error").join("\n")) ?? []
  return {
    lock: zypperPaths.running[0],
    ...(pid === undefined ? {} : { pid: Number(pid) }),
    ...(program === undefined || program === "" ? {} : { program: program.replace(/^.*\//, "") }),
  }
}

/** Repositories that zypper left out, by the name it has for people, each with the error that it printed before. */
export const skippedRepositories = (
  stream: ZypperStream,
): ReadonlyArray<{ readonly name: string; readonly message: string }> => {
  const said = messagesOf(stream, "warning", "error")
  return said.flatMap((text, at) => {
    const [, name] = /^Skipping repository '(.*)' because of the above error\.$/.exec(text) ?? []
    if (name === undefined) return []
    const error = said
      .slice(0, at)
      .findLast((earlier) => !/^(?:Skipping repository '|The metadata cache needs to be)/.test(earlier))
    return [{ name, message: oneLine(error ?? text) }]
  })
}
