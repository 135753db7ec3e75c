import type { RebootState } from "../domain/Host.ts"
import type { Completeness, ScanCounts } from "../domain/Scan.ts"
import { counted, oneLine } from "./plainText.ts"

/** How many updates there are. Only a complete scan may say "0 updates"; a partial one says what it saw. */
export const updatesText = (counts: ScanCounts, { verdict }: Completeness): string => {
  const details = [
    ...(counts.securityUpdates > 0 ? [`${counts.securityUpdates} security`] : []),
    ...(counts.heldBack > 0 ? [`${counts.heldBack} not installable now`] : []),
  ]
  const updates = counted(counts.updates, "update")
  const total =
    verdict === "complete" ? updates : counts.updates === 0 ? "no update seen" : `at least ${updates}`
  return details.length === 0 ? total : `${total} (${details.join(", ")})`
}

/** `yes (reasons)`, `no`, `unknown (reasons)`. */
export const rebootText = ({ required, reasons }: RebootState): string =>
  reasons.length === 0 ? required : `${required} (${reasons.map(({ detail }) => oneLine(detail)).join("; ")})`
