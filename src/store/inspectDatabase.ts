import * as Effect from "effect/Effect"
import { DatabaseSync } from "node:sqlite"
import { reasonOf, StoreError } from "./Database.ts"

/**
 * SQLite's own check of a file (`PRAGMA quick_check`). Opens it for reading only: a newer agent that looks before it
 * takes over must not bring the schema forward under the one that still runs.
 */
export const inspectDatabase = (path: string): Effect.Effect<void, StoreError> =>
  Effect.acquireUseRelease(
    Effect.try({
      try: () => new DatabaseSync(path, { readOnly: true, timeout: 5000 }),
      catch: (cause) => new StoreError({ path, reason: reasonOf(cause), cause }),
    }),
    (open) =>
      Effect.try({
        try: () => open.prepare("PRAGMA quick_check(1)").get()?.["quick_check"],
        catch: (cause) => new StoreError({ path, reason: reasonOf(cause), cause }),
      }).pipe(
        Effect.flatMap((verdict) =>
          verdict === "ok"
            ? Effect.void
            : Effect.fail(new StoreError({ path, reason: "damaged", cause: verdict })),
        ),
      ),
    (open) => Effect.sync(() => open.close()),
  )
