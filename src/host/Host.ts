import * as Context from "effect/Context"
import type * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import type { HostFacts, HostMetrics, RebootState, RestartNeeded } from "../domain/Host.ts"
import type { MachineId } from "../domain/Identifiers.ts"
import type { InstalledPackage } from "../domain/Package.ts"
import type { ProcessUsage } from "./SystemCalls.ts"

/** A file that every Linux host has could not be read or understood. */
export class HostUnreadable extends Schema.TaggedError<HostUnreadable>()("HostUnreadable", {
  path: Schema.String,
  /** Absent when the file was read and says something unexpected. */
  cause: Schema.optionalKey(Schema.Defect()),
}) {
  override get message() {
    return this.cause === undefined
      ? `${this.path} does not hold what proc(5) describes`
      : `${this.path} cannot be read: check that /proc is mounted and that ProcSubset= in the unit does not hide it`
  }
}

/** This host cannot be told from others: enrolment has to wait until it can. */
export class MachineIdMissing extends Schema.TaggedError<MachineIdMissing>()("MachineIdMissing", {
  paths: Schema.Array(Schema.String),
}) {
  override get message() {
    return (
      `this host has no machine id: ${this.paths.join(" and ")} are missing, empty or not 32 hexadecimal digits. ` +
      "Create one with systemd-machine-id-setup (without systemd: dbus-uuidgen --ensure=/etc/machine-id)"
    )
  }
}

/** The machine the agent runs on, looked at anew with each call. Starts no program and needs no privileges. */
export class Host extends Context.Service<
  Host,
  {
    readonly facts: Effect.Effect<HostFacts, HostUnreadable>
    /** CPU, memory and disks now. `cpuUsedPercent` covers the time since the call before; the first, since boot. */
    readonly metrics: Effect.Effect<HostMetrics, HostUnreadable>
    readonly machineId: Effect.Effect<MachineId, MachineIdMissing>
    /**
     * Whether a restart is due. Kernels are compared by the rows of the last inventory; without any from apt, as
     * before the first scan, by what lies in /boot and /lib/modules.
     */
    readonly reboot: (inventory: ReadonlyArray<InstalledPackage>) => Effect.Effect<RebootState>
    /** Which services still run code that is no longer on disk. Only root sees those of others. */
    readonly restartNeeded: Effect.Effect<RestartNeeded>
    /** A UUID that the kernel draws at every boot, random(4). */
    readonly bootId: Effect.Effect<string, HostUnreadable>
    /** What this process costs. */
    readonly processUsage: Effect.Effect<ProcessUsage>
  }
>()("patchctl/host/Host") {}
