import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import { InstalledPackage, PackageFault } from "../../domain/Package.ts"
import { outputLines } from "../outputLines.ts"

/** One record a line, its fields separated by tabs, which none of them can hold. */
export const dpkgFormat =
  "${db:Status-Abbrev}\t${Package}\t${Version}\t${Architecture}\t${source:Package}\t${source:Version}\n"

export interface DpkgRows {
  readonly packages: ReadonlyArray<InstalledPackage>
  readonly faults: ReadonlyArray<PackageFault>
  /** Lines that are no record. */
  readonly notUnderstood: number
}

const decodeInstalled = Schema.decodeUnknownOption(InstalledPackage)

/** dpkg-query(1): desired action, state, and `R` where the package must be installed again. */
const statusLetters = /^[uihrp][ncHUFWti][ R]$/

const faultStates: Readonly<Record<string, PackageFault["state"]>> = {
  H: "half_installed",
  U: "unpacked",
  F: "half_configured",
  W: "triggers_pending",
  t: "triggers_pending",
}

/** Set up and in use: only triggers may still have to run (`W`, `t`), a cache to be rebuilt or a service restarted. */
const inUse = "iWt"

/**
 * Reads `dpkg-query -W` with `dpkgFormat`. Installed is what is set up, also where somebody has asked for its removal and
 * it has not come to that (`ri`): `rc` rows are only the configuration files of removed packages. Packages in a broken
 * state are faults, and one whose triggers are due or that must be installed again is both.
 */
export const parseDpkgRows = (stdout: string): DpkgRows => {
  const packages: Array<InstalledPackage> = []
  const faults: Array<PackageFault> = []
  let notUnderstood = 0
  for (const line of outputLines(stdout)) {
    const [status = "", name = "", version = "", architecture = "", source, sourceVersion, ...rest] =
      line.split("\t")
    if (!statusLetters.test(status) || name === "" || sourceVersion === undefined || rest.length > 0) {
      notUnderstood += 1
      continue
    }
    const desired = status.charAt(0)
    const state = status.charAt(1)
    const fault = status.charAt(2) === "R" ? "reinstall_required" : faultStates[state]
    if (fault !== undefined) {
      faults.push({ manager: "apt", name, ...(version === "" ? {} : { version }), state: fault })
    }
    if (!inUse.includes(state)) continue
    const row = decodeInstalled({
      manager: "apt",
      name,
      version,
      architecture,
      ...(source === name ? {} : { source }),
      ...(sourceVersion === version ? {} : { sourceVersion }),
      ...(desired === "h" ? { held: true } : {}),
    })
    if (Option.isSome(row)) packages.push(row.value)
    else notUnderstood += 1
  }
  return { packages, faults, notUnderstood }
}

/**
 * The architecture of this system: the one of dpkg itself. apt leaves it out of the names it prints, as it does
 * `all`, and writes every other one as `libc6:i386`.
 */
export const nativeArchitecture = (packages: ReadonlyArray<InstalledPackage>): string | undefined =>
  packages.find(({ name }) => name === "dpkg")?.architecture

/** The name that apt prints for an installed package, and finds it by. */
export const aptName = (
  row: Pick<InstalledPackage, "name" | "architecture">,
  native: string | undefined,
): string =>
  row.architecture === native || row.architecture === "all" ? row.name : `${row.name}:${row.architecture}`
