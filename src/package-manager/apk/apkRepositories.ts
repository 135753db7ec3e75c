import { createHash } from "node:crypto"
import { repositoryName } from "./apkMessages.ts"

/** The two generations of apk-tools whose answers and file names differ. */
export type Generation = 2 | 3

/** One configured repository. */
export interface ApkRepository {
  /** Its address without credentials, as apk names it in its messages. */
  readonly name: string
  /** Where its index is, with credentials: never to be shown. */
  readonly indexAddress: string
  /** The path of the index where the repository is a folder of this host; apk keeps no copy of that. */
  readonly localIndex?: string
}

const localPath = (address: string): string | undefined => {
  if (address.startsWith("file:")) return address.slice("file:".length).replace(/^\/\/(?=\/)/, "")
  return /^(?:https?|ftp):/.test(address) ? undefined : address
}

const repository = (address: string, index: string): ApkRepository => {
  const indexAddress = index === "" ? address : `${address.replace(/\/+$/, "")}/${index}`
  const localIndex = localPath(indexAddress)
  return {
    name: repositoryName(address),
    indexAddress,
    ...(localIndex === undefined ? {} : { localIndex }),
  }
}

/**
 * Reads apk-repositories(5), one file after the other: `[@tag] address` in both generations; in apk 3 also `set
 * name=value`, `${name}`, the types `ndx`, `v2` and `v3`, and components. A repository that is named twice is one.
 */
export const parseRepositories = (
  files: ReadonlyArray<string>,
  architecture: string,
): ReadonlyArray<ApkRepository> => {
  const variables = new Map([["APK_ARCH", architecture]])
  const expanded = (text: string) =>
    text.replaceAll(/\$\{(\w+)\}/g, (whole, name: string) => variables.get(name) ?? whole)
  const found = new Map<string, ApkRepository>()
  const add = (row: ApkRepository) => {
    if (!found.has(row.indexAddress)) found.set(row.indexAddress, row)
  }
  for (const line of files.flatMap((text) => text.split("\n"))) {
    const words = line.split(/\s+/).filter((word) => word !== "")
    const [first = "#"] = words
    if (first.startsWith("#")) continue
    if (first === "set") {
      const isDefault = words[1] === "-default"
      const [, name, value = ""] = /^(\w+)=(.*)$/.exec(words[isDefault ? 2 : 1] ?? "") ?? []
      if (name !== undefined && !(isDefault && variables.has(name))) variables.set(name, expanded(value))
      continue
    }
    const type = /^(?:ndx|v2|v3)$/.exec(first)?.[0]
    const rest = type === undefined ? words : words.slice(1)
    const [address, ...components] = (rest[0]?.startsWith("@") === true ? rest.slice(1) : rest).map(expanded)
    if (address === undefined) continue
    if (type === "ndx" || (type === undefined && /\.(?:adb|tar\.gz)$/.test(address))) {
      add(repository(address, ""))
      continue
    }
    const index = `${architecture}/${type === "v3" ? "Packages.adb" : "APKINDEX.tar.gz"}`
    const addresses =
      components.length === 0
        ? [address]
        : components.map((component) => `${address.replace(/\/+$/, "")}/${component}`)
    for (const one of addresses) add(repository(one, index))
  }
  return [...found.values()]
}

/**
 * What the copy of an index is called in apk's cache: the first eight digits of a hash over its address, SHA-1 in apk
 * 2 and SHA-256 in apk 3. After a change of generation the old copies stay where they are, and say nothing any more.
 */
export const cachedIndexName = ({ indexAddress }: ApkRepository, generation: Generation): string => {
  const hash = createHash(generation === 2 ? "sha1" : "sha256").update(indexAddress)
  return `APKINDEX.${hash.digest("hex").slice(0, 8)}.tar.gz`
}
