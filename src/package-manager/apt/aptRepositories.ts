import { plainText, withoutCredentials } from "../outputText.ts"
import { unquote } from "./aptUris.ts"

/** One configured repository, downloaded or not. */
export interface AptRepository {
  /** `URI SUITE` as apt writes it in its messages: without user and password, without the last slash. */
  readonly name: string
  /** What the file of its downloaded index is called under `/var/lib/apt/lists`; without a signature inside,
   * `_Release` stands for `_InRelease`. */
  readonly releaseFile: string
}

/** A flat repository has no `dists`: its suite is the directory itself, ending with a slash (sources.list(5)). */
const nameOf = (directory: string): string => {
  const at = directory.lastIndexOf("/dists/")
  if (at !== -1) return `${directory.slice(0, at)} ${directory.slice(at + "/dists/".length)}`
  const slash = directory.lastIndexOf("/")
  return `${directory.slice(0, slash)} ${directory.slice(slash + 1)}/`
}

/**
 * Reads `apt-get -qq --print-uris update`: `'URI' FILE SIZE HASH` for each index that would be asked for first.
 * Unlike `apt-get indextargets` it names repositories that were never downloaded, and needs neither root nor net.
 */
export const parseRepositories = (stdout: string): ReadonlyArray<AptRepository> => {
  const lines = withoutCredentials(plainText(stdout)).matchAll(
    /^'(\S+)\/InRelease' (\S+_InRelease) \d+\s*$/gm,
  )
  const found = [...lines].map(([, directory = "", releaseFile = ""]) => ({
    name: nameOf(unquote(directory)),
    releaseFile,
  }))
  return found.filter(({ name }, index) => found.findIndex((other) => other.name === name) === index)
}
