import * as Option from "effect/Option"
import * as Schema from "effect/Schema"

/** Deeper than any command or policy; more only serves to exhaust whoever walks through it. */
const deepestNesting = 16

const decodeText = Schema.decodeUnknownOption(Schema.fromJsonString(Schema.String))

/** Where the string that begins at `start` ends, behind its quote; undefined where it never does. */
const endOfString = (text: string, start: number): number | undefined => {
  for (let at = start + 1; at < text.length; at += 1) {
    if (text[at] === '"') return at + 1
    if (text[at] === "\\") at += 1
  }
  return undefined
}

/**
 * Why a JSON text means different things to different readers, or undefined. RFC 8259 leaves a repeated key open, and
 * ours would take its last value where another takes the first: what one side approved is not what the other runs.
 * Keys are compared as they are read, so that an escape hides nothing. What is not JSON at all is for the parser; it is
 * looked through once, whatever it is.
 */
export const ambiguity = (text: string): string | undefined => {
  const open: Array<Set<string> | undefined> = []
  let previous = ""
  for (let at = 0; at < text.length; at += 1) {
    const character = text[at]
    if (character === '"') {
      const end = endOfString(text, at)
      if (end === undefined) return undefined
      previous = text.slice(at, end)
      at = end - 1
    } else if (character === "{" || character === "[") {
      open.push(character === "{" ? new Set() : undefined)
      if (open.length > deepestNesting) return `is nested more than ${deepestNesting} levels deep`
    } else if (character === "}" || character === "]") {
      open.pop()
    } else if (character === ":") {
      const keys = open.at(-1)
      if (keys === undefined) continue
      const key = Option.getOrElse(decodeText(previous), () => previous)
      if (keys.has(key)) return "has a key more than once"
      keys.add(key)
    }
  }
  return undefined
}
