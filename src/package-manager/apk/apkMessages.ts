import { lastWords, plainText, shortened, withoutCredentials } from "../outputText.ts"

/** apk's errors, each with the indented lines that belong to it; lines after a `*` are what a script said. */
export const errorsOf = (stderr: string): ReadonlyArray<string> =>
  [...withoutCredentials(plainText(stderr)).matchAll(/^ERROR: (.*(?:\n[ \t]+(?![ \t*]).*)*)/gm)].map(
    ([, text = ""]) => text.replaceAll(/\s+/g, " ").trim(),
  )

/** What went wrong in one line: apk's own errors, else the end of what it said. */
export const complaintOf = (result: { readonly stdout: string; readonly stderr: string }): string => {
  const errors = errorsOf(result.stderr)
  return errors.length > 0 ? shortened(errors.join(" ")) : withoutCredentials(lastWords(result))
}

/** apk understood what is asked but finds no set of packages that fits together. */
export const isUnsatisfiable = (stderr: string): boolean => stderr.includes("unable to select packages")

/** What apk says of one repository on stderr, always as a warning and often with exit code 0. */
export interface RepositoryWarning {
  /** Its address without credentials and without the path of the index. */
  readonly repository: string
  /** `updating` alone: the new index was not to be had, the old one is used. Otherwise there is none. */
  readonly isUsable: boolean
  readonly message: string
}

/** The address of a repository without credentials, ends of paths and the index that apk 3 names with it. */
export const repositoryName = (address: string): string =>
  withoutCredentials(address)
    .replace(/\/[A-Za-z0-9_]+\/(?:APKINDEX\.tar\.gz|Packages\.adb)$/, "")
    .replace(/\/+$/, "")

export const repositoryWarnings = (stderr: string): ReadonlyArray<RepositoryWarning> =>
  [
    ...plainText(stderr).matchAll(
      /^WARNING: (updating|updating and opening|opening from cache|opening|fetching|constructing url) (\S+): (.*)$/gm,
    ),
  ].map(([, action, address = "", message = ""]) => ({
    repository: repositoryName(address),
    isUsable: action === "updating",
    message,
  }))

/** What apk says of single packages: `NAME-VERSION: reason` and `[folder/]NAME-VERSION.script: [script] reason`. */
export const complaintsAbout = (
  stderr: string,
  packages: ReadonlyArray<{ readonly name: string; readonly version: string }>,
): ReadonlyMap<string, string> => {
  const complaints = new Map<string, string>()
  for (const error of errorsOf(stderr)) {
    const subject = /^(?:\S*\/)?([^/\s:]+): /.exec(error)?.[1] ?? ""
    const found = packages.find(({ name, version }) => {
      const full = `${name}-${version}`
      return subject === full || subject.startsWith(`${full}.`)
    })
    if (found !== undefined && !complaints.has(found.name)) complaints.set(found.name, shortened(error))
  }
  return complaints
}
