/** `[Section] Key=value` for each directive of a unit file, sorted: comments and the order of keys mean nothing to systemd. */
export const unitDirectives = (text: string): ReadonlyArray<string> => {
  let section = ""
  const found: Array<string> = []
  for (const line of text.split("\n")) {
    if (/^\s*(?:[#;].*)?$/.test(line)) continue
    if (line.startsWith("[")) section = line
    else found.push(`${section} ${line}`)
  }
  return found.sort()
}

/** What one unit says and the other does not. */
export const unitDifferences = (
  packaged: string,
  made: string,
): { readonly missing: ReadonlyArray<string>; readonly added: ReadonlyArray<string> } => {
  const [there, here] = [unitDirectives(packaged), unitDirectives(made)]
  return {
    missing: there.filter((line) => !here.includes(line)),
    added: here.filter((line) => !there.includes(line)),
  }
}

/** The values of a key, in the order of the text: for some keys it matters. */
export const valuesOf = (text: string, key: string): ReadonlyArray<string> =>
  text.split("\n").flatMap((line) => (line.startsWith(`${key}=`) ? [line.slice(key.length + 1)] : []))
