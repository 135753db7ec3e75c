import { outputLines } from "../outputLines.ts"

/** The fields of one stanza; names in lower case, as they are compared without regard to case (Policy 5.1). */
export type Stanza = ReadonlyMap<string, string>

const field = /^([!-9;-~]+):[ \t]*(.*)$/

/**
 * The stanzas of a deb822(5) text such as `apt-cache show` prints: `Name: value` lines, continued by lines that
 * begin with a space or tab, separated by empty lines. The first field of a name counts. Comments and lines that
 * are neither are passed over.
 */
export const parseStanzas = (text: string): ReadonlyArray<Stanza> => {
  const stanzas: Array<Stanza> = []
  let open = new Map<string, string>()
  let last = ""
  const close = () => {
    if (open.size > 0) stanzas.push(open)
    open = new Map()
    last = ""
  }
  for (const line of outputLines(text)) {
    if (line.trim() === "") {
      close()
    } else if (line.startsWith(" ") || line.startsWith("\t")) {
      if (last !== "") open.set(last, `${open.get(last) ?? ""}\n${line.trim()}`)
    } else {
      const [, name, value = ""] = field.exec(line) ?? []
      last =
        name === undefined || line.startsWith("#") || open.has(name.toLowerCase()) ? "" : name.toLowerCase()
      if (last !== "") open.set(last, value.trim())
    }
  }
  close()
  return stanzas
}
