import * as Effect from "effect/Effect"
import type { PartialReason } from "../../domain/Scan.ts"
import type { ManagerError } from "../PackageManager.ts"
import { notUnderstood } from "../partialReasons.ts"
import type { ReadDependencies } from "../preflight.ts"
import { askZypper } from "./askZypper.ts"
import { neededPatches, patchDetails, type Scope } from "./zypperCommands.ts"
import { parsePatchDetails, parsePatches, type Fix } from "./zypperPatches.ts"
import type { Advisories } from "./zypperSecurity.ts"

export interface CollectedAdvisories extends Advisories {
  readonly reasons: ReadonlyArray<PartialReason>
}

/**
 * The patches that this host lacks, and which package each of them fixes in which version. The list has the severity
 * and the CVE ids, but only the description in words has the packages; zypper describes any number of patches at once.
 */
export const collectAdvisories = Effect.fnUntraced(function* (
  dependencies: ReadDependencies,
  scope: Scope,
): Effect.fn.Return<CollectedAdvisories, ManagerError> {
  const listed = yield* askZypper(dependencies, "updates", neededPatches(scope))
  const { patches, notUnderstood: lost } = parsePatches(listed.stream)
  const reasons = [...listed.reasons, ...notUnderstood("zypper", "zypper list-patches", lost)]
  const fixes = new Map<string, ReadonlyArray<Fix>>()
  const names = patches.map(({ name }) => name)
  for (const request of patchDetails(scope, names)) {
    const details = yield* askZypper(dependencies, "updates", request)
    const found = parsePatchDetails(details.stream)
    for (const [name, more] of found.byPackage) fixes.set(name, [...(fixes.get(name) ?? []), ...more])
    reasons.push(
      ...details.reasons,
      ...notUnderstood("zypper", "zypper info --type patch", found.notUnderstood),
    )
  }
  return {
    patches: new Map(patches.map((patch) => [patch.name, patch])),
    fixes,
    isComplete: reasons.length === 0,
    reasons,
  }
})
