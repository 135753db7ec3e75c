import type { ManagerId } from "../domain/Package.ts"
import type { PartialReason } from "../domain/Scan.ts"

/** The reason for lines that were passed over, if there were any. */
export const notUnderstood = (
  manager: ManagerId,
  what: string,
  count: number,
): ReadonlyArray<PartialReason> =>
  count === 0
    ? []
    : [
        {
          manager,
          code: "lines_not_understood",
          detail: `lines of ${what} not understood: ${count}`,
          count,
        },
      ]

/** The reason for output beyond the limit that a program may fill. */
export const cutShort = (
  manager: ManagerId,
  what: string,
  truncated: boolean,
): ReadonlyArray<PartialReason> =>
  truncated
    ? [{ manager, code: "collector_failed", detail: `the output of ${what} is too long to be read` }]
    : []
