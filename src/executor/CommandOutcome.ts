import type { CommandOutput, ResultStatus } from "../domain/Command.ts"

/** What one operation came to, before it becomes a result with id and times. */
export interface CommandOutcome {
  readonly status: Exclude<ResultStatus, "refused" | "interrupted">
  readonly output?: CommandOutput
  readonly problem?: { readonly code: string; readonly detail: string; readonly remedy?: string }
}
