import * as Effect from "effect/Effect"
import type { PartialReason } from "../../domain/Scan.ts"
import type { SubprocessRequest } from "../../host/Subprocess.ts"
import type { ManagerError } from "../PackageManager.ts"
import { notUnderstood } from "../partialReasons.ts"
import type { ReadDependencies } from "../preflight.ts"
import { askZypper } from "./askZypper.ts"
import { versionsOf } from "./zypperCommands.ts"
import type { Indexes, Repository } from "./zypperRepositories.ts"
import { parseVersions, type Offered } from "./zypperVersions.ts"

interface Found {
  readonly offered: ReadonlyArray<Offered>
  readonly reasons: ReadonlyArray<PartialReason>
}

/** The packages and versions that a search finds in the repositories. */
export const searchFor = Effect.fnUntraced(function* (
  dependencies: Pick<ReadDependencies, "subprocess">,
  operation: string,
  repositories: ReadonlyArray<Repository>,
  request: SubprocessRequest,
): Effect.fn.Return<Found, ManagerError> {
  const answer = yield* askZypper(dependencies, operation, request)
  const { offered, notUnderstood: lost } = parseVersions(answer.stream, repositories)
  return { offered, reasons: [...answer.reasons, ...notUnderstood("zypper", "zypper search", lost)] }
})

/** Every version of these packages that the repositories offer. */
export const collectVersions = (
  dependencies: Pick<ReadDependencies, "subprocess">,
  operation: string,
  { repositories, scope }: Pick<Indexes, "repositories" | "scope">,
  names: ReadonlyArray<string>,
): Effect.Effect<Found, ManagerError> =>
  names.length === 0 || scope === "none"
    ? Effect.succeed({ offered: [], reasons: [] })
    : searchFor(dependencies, operation, repositories, versionsOf(scope, [...new Set(names)]))
