import { outputLines } from "../outputLines.ts"
import { reasonsOf } from "./pacmanMessages.ts"

/** A package of which a repository has a newer version. */
export interface Newer {
  readonly name: string
  readonly from: string
  readonly to: string
  /** The administrator's `IgnorePkg` or `IgnoreGroup` keeps it. */
  readonly ignored: boolean
}

/** A package that a full upgrade installs. */
export interface PrintedInstall {
  readonly repository: string
  readonly name: string
  readonly version: string
  /** What is still to be downloaded of it. */
  readonly bytes: number
}

interface Parsed<Row> {
  readonly rows: ReadonlyArray<Row>
  /** Lines that are no row. */
  readonly notUnderstood: number
}

const parsed = <Row>(stdout: string, parse: (line: string) => Row | undefined): Parsed<Row> => {
  const rows: Array<Row> = []
  let notUnderstood = 0
  for (const line of outputLines(stdout)) {
    const row = parse(line)
    if (row !== undefined) rows.push(row)
    else notUnderstood += 1
  }
  return { rows, notUnderstood }
}

/** Reads `pacman -Qu`: `NAME OLD -> NEW`, with ` [ignored]` where it applies. */
export const parseNewer = (stdout: string): Parsed<Newer> =>
  parsed(stdout, (line) => {
    const [, name, from = "", to = "", ignored] = /^(\S+) (\S+) -> (\S+)( \[ignored\])?$/.exec(line) ?? []
    return name === undefined ? undefined : { name, from, to, ignored: ignored !== undefined }
  })

/** Reads `pacman -Sup` in the format of `printUpgrade`. */
export const parsePrinted = (stdout: string): Parsed<PrintedInstall> =>
  parsed(stdout, (line) => {
    const [repository = "", name = "", version = "", bytes = "", ...rest] = line.split("\t")
    const isRow =
      repository !== "" && name !== "" && version !== "" && /^\d+$/.test(bytes) && rest.length === 0
    return isRow ? { repository, name, version, bytes: Number(bytes) } : undefined
  })

/**
 * Whom pacman blames when it cannot prepare an upgrade, with its words: the package that needs what is not there, or the
 * one whose new version does not fit an installed package. Nobody when the reason is another.
 */
export const blamed = (stdout: string): ReadonlyMap<string, string> =>
  new Map(
    reasonsOf(stdout).flatMap((reason) => {
      const name =
        /^unable to satisfy dependency '.+' required by (\S+)$/.exec(reason)?.[1] ??
        /^(?:installing|removing) (\S+) .*?breaks dependency /.exec(reason)?.[1]
      return name === undefined ? [] : [[name, reason] as const]
    }),
  )
