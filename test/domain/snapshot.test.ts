import { assert, describe, it } from "@effect/vitest"
import * as Schema from "effect/Schema"
import type { InstalledPackage } from "../../src/domain/Package.ts"
import {
  applyDelta,
  canonicalInventory,
  canonicalUpdates,
  deltaBetween,
  digestOf,
  planDigest,
  type Snapshot,
  snapshotDigest,
} from "../../src/domain/snapshot.ts"
import { installed, update } from "../fakes/FakeManagers.ts"

// Few names and versions, so that two snapshots have rows in common, changed ones, and ones that came or went.
const digit = Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 5 }))
const Rows = Schema.Array(Schema.Tuple([digit, digit, Schema.Boolean])).check(Schema.isMaxLength(12))

const snapshotOf = (rows: typeof Rows.Type): Snapshot => {
  const packages = rows.map(([name, version, held]): InstalledPackage => ({
    ...installed(`package-${name}`, `1.${version}`),
    ...(held && { held }),
  }))
  const updates = rows.map(([name, version]) => update(`package-${name}`, "1.0", `2.${version}`))
  const empty = { packages: [], updates: [] }
  return applyDelta(empty, deltaBetween(empty, { packages, updates }))
}

describe("snapshotDigest", () => {
  it.prop("does not depend on the order of rows", [Rows], ([rows]) => {
    const unique = snapshotOf(rows)
    assert.strictEqual(
      snapshotDigest({ packages: unique.packages.toReversed(), updates: unique.updates.toReversed() }),
      snapshotDigest(unique),
    )
  })

  it.prop("is the SHA-256 of the canonical JSON of both lists", [Rows], ([rows]) => {
    const { packages, updates } = snapshotOf(rows)
    const whole = { packages: canonicalInventory(packages), updates: canonicalUpdates(updates) }
    assert.strictEqual(snapshotDigest(whole), digestOf(whole))
  })

  it("is the SHA-256 of canonical JSON, so that other languages can compute it", () => {
    assert.strictEqual(snapshotDigest({ packages: [], updates: [] }), digestOf({ updates: [], packages: [] }))
    // printf '{"packages":[],"updates":[]}' | sha256sum
    assert.strictEqual(
      snapshotDigest({ packages: [], updates: [] }),
      "c5c48bf1c4ca91d0682db60cd2dec3740c09e9976ba4d8fede0c7f8e6a8d6594",
    )
  })
})

describe("deltaBetween", () => {
  it.prop("leads from one snapshot to the other", [Rows, Rows], ([before, after]) => {
    const from = snapshotOf(before)
    const to = snapshotOf(after)
    assert.strictEqual(snapshotDigest(applyDelta(from, deltaBetween(from, to))), snapshotDigest(to))
  })

  it.prop("is empty between equals", [Rows], ([rows]) => {
    const same = snapshotOf(rows)
    const delta = deltaBetween(same, same)
    assert.deepStrictEqual(delta, { packages: { set: [], drop: [] }, updates: { set: [], drop: [] } })
  })
})

describe("canonical order", () => {
  it.prop("is the same however often it is applied", [Rows], ([rows]) => {
    const { packages, updates: pending } = snapshotOf(rows)
    const once = canonicalInventory(packages.toReversed())
    assert.deepStrictEqual(canonicalInventory(once), once)
    const updates = canonicalUpdates(pending.toReversed())
    assert.deepStrictEqual(canonicalUpdates(updates), updates)
  })
})

describe("planDigest", () => {
  it("covers what changes", () => {
    assert.strictEqual(planDigest({ installs: [], removals: [] }), digestOf({ installs: [], removals: [] }))
  })
})
