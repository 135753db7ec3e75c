import * as Effect from "effect/Effect"
import type { ManagerId } from "../domain/Package.ts"
import type { SubprocessError } from "../host/Subprocess.ts"
import { ManagerError } from "./PackageManager.ts"

/** Turns "could not be run to its end" into the error of one manager's operation. */
export const notRunBy = (manager: ManagerId) => (operation: string) =>
  Effect.mapError((error: SubprocessError) => {
    const reasons = { not_found: "not_available", timed_out: "timed_out" } as const
    const reason =
      error.reason === "not_found" || error.reason === "timed_out" ? reasons[error.reason] : "failed"
    return new ManagerError({ manager, operation, reason, detail: error.message })
  })

/** The error of an operation that only root may ask for. */
export const needsRoot = (manager: ManagerId, operation: "refresh" | "apply"): ManagerError => {
  const what = operation === "refresh" ? "downloading package metadata" : "installing packages"
  return new ManagerError({ manager, operation, reason: "needs_root", detail: `${what} needs root` })
}
