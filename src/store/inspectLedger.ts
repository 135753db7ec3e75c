import * as Effect from "effect/Effect"
import { existsSync } from "node:fs"
import { DatabaseSync } from "node:sqlite"
import { reasonOf, StoreError } from "./Database.ts"

/**
 * The executors (`processIdentity`) of commands without a result, alive or not; none where there is no ledger. Opens the
 * file for reading only, so that any version may look.
 */
export const unfinishedExecutors = (path: string): Effect.Effect<ReadonlyArray<string>, StoreError> => {
  const attempt = <A>(evaluate: () => A) =>
    Effect.try({ try: evaluate, catch: (cause) => new StoreError({ path, reason: reasonOf(cause), cause }) })
  return Effect.suspend(() =>
    existsSync(path)
      ? Effect.acquireUseRelease(
          attempt(() => new DatabaseSync(path, { readOnly: true, timeout: 5000 })),
          (open) =>
            attempt(() =>
              open
                .prepare("SELECT executor FROM commands WHERE result IS NULL")
                .all()
                .map((row) => String(row["executor"])),
            ),
          (open) => Effect.sync(() => open.close()),
        )
      : Effect.succeed([]),
  )
}
