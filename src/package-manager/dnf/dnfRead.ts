import * as Effect from "effect/Effect"
import type { LockHolder } from "../../domain/Host.ts"
import type { SubprocessRequest, SubprocessResult } from "../../host/Subprocess.ts"
import { notRunBy } from "../managerFailure.ts"
import { lastWords } from "../outputText.ts"
import { ManagerError } from "../PackageManager.ts"
import { dnf5Holders, dnfLockHolders, gaveUpAtLock } from "./dnfLocks.ts"
import type { DnfDialect, DnfReadDependencies } from "./dnfDialect.ts"

const locked = (operation: string, detail: string, holder: LockHolder | undefined) =>
  new ManagerError({
    manager: "dnf",
    operation,
    reason: "locked",
    detail,
    ...(holder === undefined ? {} : { holder }),
  })

const heldBy = ({ program = "another program", pid, lock }: LockHolder): string =>
  `${program}${pid === undefined ? "" : ` (process ${pid})`} holds ${lock}`

/** What dnf says when it cannot answer at all. */
export const dnfFailure = (operation: string, result: SubprocessResult) =>
  new ManagerError({ manager: "dnf", operation, reason: "failed", detail: lastWords(result) })

/**
 * Asks dnf, whatever its exit code says then; fails with `locked` where another program keeps it from answering. dnf5
 * would wait for that one, so the locks are looked at first, and again if it was waited for all the same.
 */
export const ask = Effect.fnUntraced(function* (
  { subprocess, fs }: DnfReadDependencies,
  dialect: DnfDialect,
  operation: string,
  request: SubprocessRequest,
): Effect.fn.Return<SubprocessResult, ManagerError> {
  if (dialect.kind === "dnf5") {
    const [holder] = yield* dnf5Holders(fs)
    if (holder !== undefined) return yield* locked(operation, heldBy(holder), holder)
  }
  const result = yield* subprocess.run(request).pipe(
    notRunBy("dnf")(operation),
    Effect.catchTag("ManagerError", (error) =>
      Effect.flatMap(dnfLockHolders(fs), ([holder]) =>
        Effect.fail(
          error.reason === "timed_out" && holder !== undefined
            ? locked(operation, heldBy(holder), holder)
            : error,
        ),
      ),
    ),
  )
  if (!gaveUpAtLock(result)) return result
  const [holder] = yield* dnfLockHolders(fs)
  return yield* locked(operation, holder === undefined ? lastWords(result) : heldBy(holder), holder)
})

/** The error of a question that only root can ask. */
export const rootOnly = (operation: string) =>
  new ManagerError({
    manager: "dnf",
    operation,
    reason: "needs_root",
    detail: "dnf keeps a metadata cache of its own for each user; what the system's holds only root sees",
  })
