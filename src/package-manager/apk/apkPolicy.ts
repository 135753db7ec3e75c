import { outputLines } from "../outputLines.ts"
import { repositoryName } from "./apkMessages.ts"

/** One version of a package and where it is to be had. */
export interface PolicyVersion {
  readonly version: string
  readonly isInstalled: boolean
  readonly repositories: ReadonlyArray<{
    readonly name: string
    /** `@edge`: only packages for which the world asks with this tag come from there. */
    readonly tag?: string
  }>
}

export interface Policies {
  /** Versions by package name, oldest first. */
  readonly versions: ReadonlyMap<string, ReadonlyArray<PolicyVersion>>
  readonly notUnderstood: number
}

/** apk 2 lists its database and its cache among the repositories, apk 3 the database only. */
const ownPlace = /^(?:lib\/apk\/db|etc\/apk\/cache|var\/cache\/apk)/

/** Reads `apk policy`: `NAME policy:`, below it `VERSION:`, and below that `[@TAG ]REPOSITORY`. */
export const parsePolicies = (stdout: string): Policies => {
  const versions = new Map<string, Array<PolicyVersion>>()
  let ofName: Array<PolicyVersion> | undefined
  let notUnderstood = 0
  for (const line of outputLines(stdout)) {
    const name = /^(\S+) policy:$/.exec(line)?.[1]
    const version = /^ {2}(\S+):$/.exec(line)?.[1]
    const [, tag, place] = /^ {4}(?:(@\S+) )?(\S+)$/.exec(line) ?? []
    const last = ofName?.at(-1)
    if (name !== undefined) {
      ofName = []
      versions.set(name, ofName)
    } else if (version !== undefined && ofName !== undefined) {
      ofName.push({ version, isInstalled: false, repositories: [] })
    } else if (place !== undefined && ofName !== undefined && last !== undefined) {
      const repository = { name: repositoryName(place), ...(tag === undefined ? {} : { tag }) }
      ofName[ofName.length - 1] = ownPlace.test(place)
        ? { ...last, isInstalled: last.isInstalled || place.includes("db/installed") }
        : { ...last, repositories: [...last.repositories, repository] }
    } else notUnderstood += 1
  }
  return { versions, notUnderstood }
}
