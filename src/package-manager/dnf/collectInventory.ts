import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type { Inventory, ManagerError } from "../PackageManager.ts"
import { collectRpmInventory, withHolds } from "../rpm/rpmDatabase.ts"
import { collectHolds } from "./collectHolds.ts"
import type { DnfReadDependencies } from "./dnfDialect.ts"
import { isHeld } from "./dnfHolds.ts"

/** What rpm has installed, and what of it dnf is told to keep back. Works without dnf, and for every user. */
export const collectInventory = Effect.fnUntraced(function* (
  dependencies: DnfReadDependencies,
  operation: string,
): Effect.fn.Return<Inventory, ManagerError> {
  const inventory = yield* collectRpmInventory(dependencies, "dnf", operation)
  const dialect = yield* Effect.option(dependencies.dialect)
  if (Option.isNone(dialect)) return inventory
  const { holds, reasons } = yield* collectHolds(dependencies, dialect.value.kind)
  const marked = holds.length === 0 ? inventory : withHolds(inventory, (row) => isHeld(holds, row))
  return { ...marked, reasons: [...marked.reasons, ...reasons] }
})
