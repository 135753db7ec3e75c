import canonicalize from "canonicalize"
import * as Schema from "effect/Schema"
import { createHash } from "node:crypto"
import type { Finding, NotEvaluated } from "./Finding.ts"
import { Sha256 } from "./Identifiers.ts"
import { InstallPlan } from "./InstallPlan.ts"
import { InstalledPackage, packageKey } from "./Package.ts"
import { AvailableUpdate, updateKey } from "./Update.ts"

/** SHA-256 of the RFC 8785 canonical JSON of a value, in hexadecimal. */
export const digestOf = (encoded: unknown): Sha256 =>
  Sha256.make(
    createHash("sha256")
      .update(canonicalize(encoded) ?? "")
      .digest("hex"),
  )

/** Byte order of the keys, so that both ends sort alike whatever their locale. */
const byKey =
  <A>(key: (row: A) => string) =>
  (rows: ReadonlyArray<A>): ReadonlyArray<A> =>
    rows
      .map((row) => [key(row), row] as const)
      .toSorted(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))
      .map(([, row]) => row)

/** Installed packages in the one order in which they are digested and sent. */
export const canonicalInventory = byKey(packageKey)

/** Available updates in the one order in which they are digested and sent. */
export const canonicalUpdates = byKey(updateKey)

/** What a scan uploads and the control plane keeps: the rows that deltas are computed over. */
export interface Snapshot {
  readonly packages: ReadonlyArray<InstalledPackage>
  readonly updates: ReadonlyArray<AvailableUpdate>
}

/** Rows as they are sent: whatever is not the same in JSON as in memory does not compile here. */
interface EncodedSnapshot {
  readonly packages: ReadonlyArray<typeof InstalledPackage.Encoded>
  readonly updates: ReadonlyArray<typeof AvailableUpdate.Encoded>
}

/**
 * SHA-256 of the canonical JSON of an object of lists, whose names are given in order. It is taken row by row: the text
 * of thousands of rows would be the largest string that the agent ever holds.
 */
const listsDigest = (lists: ReadonlyArray<readonly [name: string, rows: ReadonlyArray<unknown>]>): Sha256 => {
  const hash = createHash("sha256")
  for (const [position, [name, rows]] of lists.entries()) {
    hash.update(`${position === 0 ? "{" : ","}"${name}":[`)
    for (const [index, row] of rows.entries()) {
      hash.update(`${index === 0 ? "" : ","}${canonicalize(row) ?? "null"}`)
    }
    hash.update("]")
  }
  hash.update("}")
  return Sha256.make(hash.digest("hex"))
}

/** The digest both ends compute: over the canonical JSON of `{ packages, updates }` with canonically ordered rows. */
export const snapshotDigest = (snapshot: Snapshot): Sha256 => {
  const { packages, updates }: EncodedSnapshot = {
    packages: canonicalInventory(snapshot.packages),
    updates: canonicalUpdates(snapshot.updates),
  }
  return listsDigest([
    ["packages", packages],
    ["updates", updates],
  ])
}

/** Findings as they are sent, with the packages that nothing is known about. */
interface EncodedFindings {
  readonly findings: ReadonlyArray<typeof Finding.Encoded>
  readonly notEvaluated: ReadonlyArray<typeof NotEvaluated.Encoded>
}

/** What the findings of a scan are known by: over the canonical JSON of `{ findings, notEvaluated }` in their order. */
export const findingsDigest = (found: {
  readonly findings: ReadonlyArray<Finding>
  readonly notEvaluated: ReadonlyArray<NotEvaluated>
}): Sha256 => {
  const { findings, notEvaluated }: EncodedFindings = found
  return listsDigest([
    ["findings", findings],
    ["notEvaluated", notEvaluated],
  ])
}

/** Rows to add or replace, and keys to drop, in one list. */
export interface RowsDelta<A> {
  readonly set: ReadonlyArray<A>
  readonly drop: ReadonlyArray<string>
}

const diffRows = <A>(key: (row: A) => string, from: ReadonlyArray<A>, to: ReadonlyArray<A>): RowsDelta<A> => {
  const before = new Map(from.map((row) => [key(row), canonicalize(row)]))
  const after = new Set(to.map(key))
  return {
    set: to.filter((row) => before.get(key(row)) !== canonicalize(row)),
    drop: [...before.keys()].filter((name) => !after.has(name)),
  }
}

const patchRows = <A>(
  key: (row: A) => string,
  rows: ReadonlyArray<A>,
  delta: RowsDelta<A>,
): ReadonlyArray<A> => {
  const patched = new Map(rows.map((row) => [key(row), row]))
  for (const name of delta.drop) patched.delete(name)
  for (const row of delta.set) patched.set(key(row), row)
  return [...patched.values()]
}

export interface SnapshotDelta {
  readonly packages: RowsDelta<InstalledPackage>
  readonly updates: RowsDelta<AvailableUpdate>
}

/** `applyDelta(a, deltaBetween(a, b))` has the digest of `b`. */
export const deltaBetween = (from: Snapshot, to: Snapshot): SnapshotDelta => ({
  packages: diffRows(packageKey, from.packages, to.packages),
  updates: diffRows(updateKey, from.updates, to.updates),
})

/** The snapshot a delta leads to. Whether it is the right one is for `snapshotDigest` to say. */
export const applyDelta = (base: Snapshot, delta: SnapshotDelta): Snapshot => ({
  packages: canonicalInventory(patchRows(packageKey, base.packages, delta.packages)),
  updates: canonicalUpdates(patchRows(updateKey, base.updates, delta.updates)),
})

const encodeChanges = Schema.encodeSync(
  InstallPlan.mapFields(({ installs, removals }) => ({ installs, removals })),
)

/** The digest an `install_updates` may carry as `plan_digest`: over what changes, not over what is left out. */
export const planDigest = (changes: Pick<InstallPlan, "installs" | "removals">): Sha256 =>
  digestOf(encodeChanges({ installs: changes.installs, removals: changes.removals }))
