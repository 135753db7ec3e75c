import * as Effect from "effect/Effect"
import type { ManagerId } from "../domain/Package.ts"
import type { Subprocess, SubprocessRequest, SubprocessResult } from "../host/Subprocess.ts"
import type { Attempt } from "./applyPlan.ts"
import { notRunBy } from "./managerFailure.ts"
import type { ManagerError } from "./PackageManager.ts"

/** The attempt whose end was not seen: something of it may still be at work. */
const left = (complaint: string): Attempt => ({
  evidence: { step: "", exitCode: -1, output: complaint },
  ending: "left",
  complaints: new Map(),
  complaint,
})

/**
 * Runs a program that changes the system to its end, or for as long as its request allows: then it is left alone,
 * because a package manager that is cut off does damage. `judge` says what a run that ended came to. Fails only where
 * the program cannot be started.
 */
export const runTransaction = Effect.fnUntraced(function* (
  manager: ManagerId,
  subprocess: Subprocess["Service"],
  request: Omit<SubprocessRequest, "onTimeout">,
  judge: (result: SubprocessResult) => Attempt | Effect.Effect<Attempt>,
): Effect.fn.Return<Attempt, ManagerError> {
  return yield* subprocess.run({ ...request, onTimeout: "leave" }).pipe(
    Effect.flatMap((result) => {
      const attempt = judge(result)
      return Effect.isEffect(attempt) ? attempt : Effect.succeed(attempt)
    }),
    Effect.catchIf(
      ({ reason }) => reason === "timed_out" || reason === "killed",
      (error) =>
        Effect.succeed(
          left(
            `${error.message}; ${
              error.reason === "timed_out"
                ? "was left running, since cutting it off would do damage"
                : "what it started may still run"
            }`,
          ),
        ),
    ),
    notRunBy(manager)("apply"),
  )
})
