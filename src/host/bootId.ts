import * as Effect from "effect/Effect"
import { readIfPossible, readText } from "./hostFiles.ts"

/** `Environment=PATCHCTL_BOOT_ID=%b` of the units: 32 digits, from systemd.unit(5). */
const handedOver =
  /(?:^|\0)PATCHCTL_BOOT_ID=([0-9a-f]{8})([0-9a-f]{4})([0-9a-f]{4})([0-9a-f]{4})([0-9a-f]{12})\0/

/**
 * The id of this boot as a UUID. A sandboxed service of a container has a /proc of its own, which shows the boot of the
 * machine around the container; its unit therefore hands over what systemd knows.
 */
export const readBootId = Effect.gen(function* () {
  const own = handedOver.exec((yield* readIfPossible("/proc/self/environ")) ?? "")
  return own === null ? (yield* readText("/proc/sys/kernel/random/boot_id")).trim() : own.slice(1).join("-")
})
