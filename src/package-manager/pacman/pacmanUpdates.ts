import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import { AvailableUpdate, type Installable, type Security } from "../../domain/Update.ts"
import { shortened } from "../outputText.ts"
import type { PendingUpgrade } from "./collectUpgrade.ts"
import { objectionsOf } from "./wholeUpgrade.ts"

/** Arch's repositories carry no word about security. */
const unknownSecurity: Security = { verdict: "unknown", evidence: [] }

const decodeUpdate = Schema.decodeUnknownOption(AvailableUpdate)

type Withheld = Extract<Installable, { answer: "no" }>

const no = (reason: Withheld["reason"], detail: string): Withheld => ({
  answer: "no",
  reason,
  detail: shortened(detail),
})

const ignored = no("held", "IgnorePkg or IgnoreGroup in /etc/pacman.conf keeps it")

/**
 * All updates of this host. pacman upgrades everything or nothing, so what stands in the way of one package stands in the
 * way of all. A package that is replaced is listed under its own name, with its successor's version.
 */
export const availableUpdates = (
  { installed, newer, records, prospect }: PendingUpgrade,
  allowRemovals: boolean,
): { readonly updates: ReadonlyArray<AvailableUpdate>; readonly notUnderstood: number } => {
  const objections = objectionsOf(prospect, allowRemovals)
  const upgrade = "upgrade" in prospect ? prospect.upgrade : undefined
  const locals = new Map<string, (typeof installed)[number]>(
    installed.map((local) => [local.row.name, local]),
  )
  const planned = new Map(upgrade?.installs.map((install) => [install.name, install]))
  const judge = (name: string): Installable => {
    const objection = objections?.blamed.get(name)
    if (objection !== undefined) return no(objection.reason, objection.detail)
    if (objections !== undefined) {
      return no("blocked_by_manager", `pacman upgrades everything or nothing: ${objections.words}`)
    }
    return planned.has(name) || upgrade?.replaced.has(name) === true
      ? { answer: "yes" }
      : no("blocked_by_manager", "pacman does not say why it keeps it back")
  }
  const rows = [
    ...newer.map(({ name, to, ignored: isIgnored }) => {
      const install = planned.get(name)
      const repository =
        install?.repository ??
        records.find((record) => record.name === name && record.version === to)?.repository
      return { name, to, repository, bytes: install?.bytes, installable: isIgnored ? ignored : judge(name) }
    }),
    ...[...(upgrade?.replaced ?? [])].map(([name, { version, repository, bytes }]) => ({
      name,
      to: version,
      repository,
      bytes,
      installable: judge(name),
    })),
  ]
  const updates = rows.flatMap(({ name, to, repository, bytes, installable }) =>
    Option.toArray(
      decodeUpdate({
        manager: "pacman",
        name,
        architecture: locals.get(name)?.row.architecture,
        from: locals.get(name)?.row.version,
        to,
        origins: repository === undefined ? [] : [{ id: repository }],
        security: unknownSecurity,
        installable,
        ...(bytes === undefined ? {} : { downloadBytes: bytes }),
      }),
    ),
  )
  return { updates, notUnderstood: rows.length - updates.length }
}
