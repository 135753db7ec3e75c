import { outputLines } from "../outputLines.ts"
import { plainText, shortened } from "../outputText.ts"

/** `NAME` of a package file `NAME-PKGVER-PKGREL-ARCH.pkg.tar.zst`, wherever it lies. */
const nameOfFile = (path: string): string | undefined =>
  /([^/]+)-[^-/]+-[^-/]+-[^-/]+\.pkg\.tar(?:\.\w+)?(?:\.sig)?$/.exec(path)?.[1]

/** What pacman says of one package file, and what it is about. Both streams, as pacman 7 moved some of it to stderr. */
const aboutFiles: ReadonlyArray<readonly [pattern: RegExp, what: string]> = [
  [/^error: failed retrieving file '(.+?)' from (.*)$/, "cannot be downloaded"],
  [/^(?::: )?File (\S+) is corrupted \((.*)\)\.$/, "is damaged"],
  [/^(\S+\.pkg\.tar\S*) is (invalid or corrupted)$/, "is damaged"],
]

/** What pacman says of single packages, by name. */
export const packageComplaints = (output: {
  readonly stdout: string
  readonly stderr: string
}): ReadonlyMap<string, string> => {
  const complaints = new Map<string, string>()
  const add = (name: string | undefined, complaint: string) => {
    if (name !== undefined && !complaints.has(name)) complaints.set(name, shortened(complaint))
  }
  for (const line of outputLines(plainText(`${output.stderr}\n${output.stdout}`))) {
    if (line === "") continue
    for (const [pattern, what] of aboutFiles) {
      const [, file = "", words = ""] = pattern.exec(line) ?? []
      if (file !== "") add(nameOfFile(file), `${what}: ${words}`)
    }
    const [, signed, signature = ""] =
      /^error: (\S+): ((?:signature|key|missing required signature).*)$/.exec(line) ?? []
    add(signed, signature)
    const [, owner, file = ""] = /^(\S+): (.+ exists in filesystem(?: \(owned by .+\))?)$/.exec(line) ?? []
    add(owner, `file conflict: ${file}`)
    const [, path = "", one, other] = /^(.+) exists in both '(\S+)' and '(\S+)'$/.exec(line) ?? []
    add(one, `file conflict: ${path} is also in ${other ?? ""}`)
    add(other, `file conflict: ${path} is also in ${one ?? ""}`)
    const [, broken] = /^error: problem occurred while (?:upgrading|installing) (\S+)$/.exec(line) ?? []
    add(broken, line.replace(/^error: /, ""))
  }
  return complaints
}
