import * as Effect from "effect/Effect"
import { createHmac } from "node:crypto"
import { MachineId } from "../domain/Identifiers.ts"
import { MachineIdMissing } from "./Host.ts"
import { readIfPossible } from "./hostFiles.ts"

/** PatchCTL's application id. It must never change: every enrolled host would look new. */
const applicationId = Buffer.from("ad26da8df16043a4a4eb705a557d2ad8", "hex")

/** systemd keeps the first; hosts without it often have only D-Bus's. */
const machineIdPaths = ["/etc/machine-id", "/var/lib/dbus/machine-id"] as const

/**
 * `sd_id128_get_app_specific(3)`: HMAC-SHA256 of the application id keyed by the base id, cut to 16 bytes and
 * marked as a version 4 UUID. `systemd-id128 machine-id --app-specific=ad26da8df16043a4a4eb705a557d2ad8` says the same.
 */
export const appSpecificId = (baseId: Uint8Array, application: Uint8Array): MachineId => {
  const id = createHmac("sha256", baseId).update(application).digest().subarray(0, 16)
  id.writeUInt8((id.readUInt8(6) & 0x0f) | 0x40, 6)
  id.writeUInt8((id.readUInt8(8) & 0x3f) | 0x80, 8)
  return MachineId.make(id.toString("hex"))
}

/** The content of a machine-id(5) file: 32 hexadecimal digits. `uninitialized`, empty and all-zero are none. */
export const machineIdIn = (text: string): MachineId | undefined => {
  const digits = /^([0-9a-f]{32})\n?$/i.exec(text)?.[1]
  return digits === undefined || /^0+$/.test(digits)
    ? undefined
    : appSpecificId(Buffer.from(digits, "hex"), applicationId)
}

/** The id in the first file that holds one. */
export const readMachineId = Effect.gen(function* () {
  for (const path of machineIdPaths) {
    const id = machineIdIn((yield* readIfPossible(path)) ?? "")
    if (id !== undefined) return id
  }
  return yield* new MachineIdMissing({ paths: machineIdPaths })
})
