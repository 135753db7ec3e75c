import { assert, describe, it } from "@effect/vitest"
import * as Schema from "effect/Schema"
import { InstalledPackage } from "../../src/domain/Package.ts"
import { AvailableUpdate } from "../../src/domain/Update.ts"
import {
  applyDelta,
  canonicalInventory,
  canonicalUpdates,
  deltaBetween,
  digestOf,
  planDigest,
  snapshotDigest,
} from "../../src/domain/snapshot.ts"

const Rows = Schema.Struct({
  packages: Schema.Array(InstalledPackage),
  updates: Schema.Array(AvailableUpdate),
})

const distinct = (rows: typeof Rows.Type): typeof Rows.Type => ({
  packages: applyDelta({ packages: [], updates: [] }, deltaBetween({ packages: [], updates: [] }, rows))
    .packages,
  updates: applyDelta({ packages: [], updates: [] }, deltaBetween({ packages: [], updates: [] }, rows))
    .updates,
})

describe("snapshotDigest", () => {
  it.prop("does not depend on the order of rows", [Rows], ([rows]) => {
    const unique = distinct(rows)
    assert.strictEqual(
      snapshotDigest({ packages: unique.packages.toReversed(), updates: unique.updates.toReversed() }),
      snapshotDigest(unique),
    )
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
    const from = distinct(before)
    const to = distinct(after)
    assert.strictEqual(snapshotDigest(applyDelta(from, deltaBetween(from, to))), snapshotDigest(to))
  })

  it.prop("is empty between equals", [Rows], ([rows]) => {
    const same = distinct(rows)
    const delta = deltaBetween(same, same)
    assert.deepStrictEqual(delta, { packages: { set: [], drop: [] }, updates: { set: [], drop: [] } })
  })
})

describe("canonical order", () => {
  it.prop("is the same however often it is applied", [Rows], ([rows]) => {
    const once = canonicalInventory(rows.packages)
    assert.deepStrictEqual(canonicalInventory(once), once)
    const updates = canonicalUpdates(rows.updates)
    assert.deepStrictEqual(canonicalUpdates(updates), updates)
  })
})

describe("planDigest", () => {
  it("covers what changes", () => {
    assert.strictEqual(planDigest({ installs: [], removals: [] }), digestOf({ installs: [], removals: [] }))
  })
})
