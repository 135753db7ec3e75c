/** Where a text stops being JSON and what would have to stand there. Lines and columns count from 1. */
export interface JsonFault {
  readonly line: number
  readonly column: number
  readonly expected: string
}

const blank = /[ \t\n\r]*/y
const string = /"(?:[ !#-[\]-\u{10ffff}]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"/uy
const scalar = /-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?|true|false|null/y

type Awaiting = "value" | "first value" | "key" | "first key" | "colon" | "after value" | "end"

const expectations: Record<Awaiting, string> = {
  value: "a value is missing or not understood: text needs double quotes",
  "first value": "a value or ] is missing: text needs double quotes",
  key: "a key in double quotes is missing: no comma may precede }",
  "first key": "a key in double quotes or } is missing",
  colon: "a colon is missing after the key",
  "after value": "a comma or the closing bracket is missing",
  end: "nothing may follow the closing bracket",
}

/**
 * The first position at which `text` cannot go on as JSON (RFC 8259), or undefined for valid JSON. V8's own parser
 * names a position only sometimes and quotes the text around it, which here holds the licence key.
 */
export const jsonFault = (text: string): JsonFault | undefined => {
  const open: Array<"{" | "["> = []
  let at = 0
  let awaiting: Awaiting = "value"

  const take = (pattern: RegExp): boolean => {
    pattern.lastIndex = at
    const found = pattern.test(text)
    if (found) at = pattern.lastIndex
    return found
  }
  const takeCharacter = (character: string): boolean => {
    const found = text[at] === character
    if (found) at += 1
    return found
  }
  const afterValue = (): Awaiting => (open.length === 0 ? "end" : "after value")
  const close = (): Awaiting => {
    open.pop()
    return afterValue()
  }

  const step = (): Awaiting | undefined => {
    switch (awaiting) {
      case "first value":
        if (takeCharacter("]")) return close()
        break
      case "first key":
        if (takeCharacter("}")) return close()
        return take(string) ? "colon" : undefined
      case "key":
        return take(string) ? "colon" : undefined
      case "colon":
        return takeCharacter(":") ? "value" : undefined
      case "after value": {
        const inObject = open.at(-1) === "{"
        if (takeCharacter(",")) return inObject ? "key" : "value"
        return takeCharacter(inObject ? "}" : "]") ? close() : undefined
      }
      case "end":
        return undefined
      case "value":
        break
    }
    if (takeCharacter("{")) {
      open.push("{")
      return "first key"
    }
    if (takeCharacter("[")) {
      open.push("[")
      return "first value"
    }
    return take(string) || take(scalar) ? afterValue() : undefined
  }

  for (;;) {
    take(blank)
    if (awaiting === "end" && at === text.length) return undefined
    const next = step()
    if (next === undefined) {
      const before = text.slice(0, at).split("\n")
      return {
        line: before.length,
        column: (before.at(-1)?.length ?? 0) + 1,
        expected: expectations[awaiting],
      }
    }
    awaiting = next
  }
}
