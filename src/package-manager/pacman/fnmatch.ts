/** A bracket expression from its `[` on, as a character class; undefined where it is never closed. */
const bracket = (
  pattern: string,
  start: number,
): { readonly source: string; readonly end: number } | undefined => {
  const negated = pattern.charAt(start + 1) === "!" || pattern.charAt(start + 1) === "^"
  const first = start + (negated ? 2 : 1)
  // A `]` that comes first stands for itself.
  const end = pattern.indexOf("]", first + 1)
  if (end === -1) return undefined
  const members = pattern.slice(first, end).replaceAll(/[\\\]^[]/g, "\\$&")
  return { source: `[${negated ? "^" : ""}${members}]`, end }
}

/**
 * Whether a name fits a pattern of fnmatch(3) as pacman calls it for `IgnorePkg`, without flags: `*`, `?`, `[set]` and
 * backslash. Named classes such as `[:digit:]` are not supported; a set that is no range fits nothing.
 */
export const fnmatch = (pattern: string): ((name: string) => boolean) => {
  let source = ""
  for (let at = 0; at < pattern.length; at += 1) {
    const character = pattern.charAt(at)
    const set = character === "[" ? bracket(pattern, at) : undefined
    if (set !== undefined) {
      source += set.source
      at = set.end
    } else if (character === "*") {
      // Several in a row mean the same, and would only make the search slow.
      if (!source.endsWith(".*")) source += ".*"
    } else if (character === "?") source += "."
    else {
      if (character === "\\" && at + 1 < pattern.length) at += 1
      source += pattern.charAt(at).replaceAll(/[\\^$.*+?()[\]{}|]/g, "\\$&")
    }
  }
  try {
    const whole = new RegExp(`^${source}$`, "s")
    return (name) => whole.test(name)
  } catch {
    return () => false
  }
}
