import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Result from "effect/Result"
import { Environment } from "../config/Environment.ts"
import type { SelfCheck } from "../domain/SelfCheck.ts"
import { readPolicy } from "../executor/readPolicy.ts"
import { inspectAudit } from "../store/inspectAudit.ts"
import { inspectDatabase } from "../store/inspectDatabase.ts"

/** Whether the policy of this host can be used; one that cannot forbids almost everything. */
export const checkPolicy = Effect.fnUntraced(function* (path: string) {
  const { userId } = yield* Environment
  const name = "policy"
  const policy = yield* readPolicy(path, userId)
  const check: SelfCheck = Result.isFailure(policy)
    ? {
        name,
        outcome: "failed",
        detail: `${policy.failure}. Until then every command but health_check is refused`,
        remedy: "mend the file; its keys are in docs/reference/policy.md",
      }
    : {
        name,
        outcome: "ok",
        detail:
          Object.keys(policy.success).length === 0
            ? `${path} forbids nothing`
            : `${path} sets ${Object.keys(policy.success).join(", ")}`,
      }
  return [check]
})

/** The ledger in the first of these directories that has one. */
const findLedger = Effect.fnUntraced(function* (directories: ReadonlyArray<string>) {
  const files = yield* FileSystem.FileSystem
  for (const directory of directories) {
    const path = `${directory}/executor.sqlite`
    if (yield* Effect.orElseSucceed(files.exists(path), () => true)) return path
  }
  return undefined
})

/** The audit log of the executor, line by line. Only root may read it. */
export const checkAudit = Effect.fnUntraced(function* (directories: ReadonlyArray<string>) {
  const files = yield* FileSystem.FileSystem
  const name = "audit"
  const skipped = (detail: string, remedy: string): ReadonlyArray<SelfCheck> => [
    { name, outcome: "skipped", detail, remedy },
  ]
  const ledger = yield* findLedger(directories)
  if (ledger === undefined) {
    return skipped("there is no audit log yet", "nothing: it begins when the agent enrols")
  }
  if (!(yield* Effect.isSuccess(files.access(ledger, { readable: true })))) {
    return skipped(`${ledger} may not be read`, "run this as root")
  }
  return yield* inspectDatabase(ledger).pipe(
    Effect.andThen(inspectAudit(ledger)),
    Effect.map((verdict): ReadonlyArray<SelfCheck> => [
      verdict.kind === "whole"
        ? {
            name,
            outcome: "ok",
            detail:
              verdict.last < verdict.first
                ? "the audit log is empty"
                : `lines ${verdict.first} to ${verdict.last} of the audit log are whole`,
          }
        : {
            name,
            outcome: "failed",
            detail: `line ${verdict.line} of the audit log in ${ledger} ${verdict.detail}`,
            remedy:
              "somebody or something changed the log: keep a copy of the file and find out who had root; the log goes on",
          },
    ]),
    Effect.catchTag("StoreError", ({ message, reason }) =>
      Effect.succeed<ReadonlyArray<SelfCheck>>([
        {
          name,
          outcome: "failed",
          detail: message,
          remedy:
            reason === "damaged"
              ? "see Troubleshooting, State: the executor carries out nothing until the file is moved away"
              : "check the file, its directory and the disk they are on",
        },
      ]),
    ),
  )
})
