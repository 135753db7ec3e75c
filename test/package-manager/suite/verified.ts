import type { ManagerId } from "../../../src/domain/Package.ts"

/** One program that a backend passes the behaviour suite with. */
export interface Verified {
  readonly manager: ManagerId
  /** The program and its version, as far as it is asserted of the real one: `dnf 4.5`. */
  readonly program: string
  /** The lab root it runs in; absent for a program that cannot run here and is played. */
  readonly root?: string
  /** What a program is played from that cannot run here. */
  readonly played?: "recordings" | "hand-made texts"
  /** Debian's release that carries it, or where the recordings come from. */
  readonly from: string
  /** `always`: at every test run. `on request`: with PATCHCTL_LAB_ALL=1. */
  readonly runs: "always" | "on request"
}

const real = (
  manager: ManagerId,
  program: string,
  root: string,
  from: string,
  runs: Verified["runs"] = "always",
): Verified => ({ manager, program, root, from, runs })

const recorded = (manager: ManagerId, program: string, from: string): Verified => ({
  manager,
  program,
  played: "recordings",
  from: `recorded from ${from}`,
  runs: "always",
})

/** Nobody has seen the program print this. */
const madeByHand = (manager: ManagerId, program: string): Verified => ({
  manager,
  program,
  played: "hand-made texts",
  from: "the program's own source",
  runs: "always",
})

/** What `docs/reference/package-managers.md` shows, and what the suites are run with: nothing else is claimed. */
export const verified: ReadonlyArray<Verified> = [
  real("apt", "apt 2.2", "bullseye-lab", "Debian 11"),
  real("apt", "apt 2.6", "bookworm-lab", "Debian 12"),
  real("apt", "apt 3.0", "trixie-lab", "Debian 13"),
  real("apt", "apt 3.3", "sid-lab", "Debian sid", "on request"),
  real("dnf", "dnf 4.5", "bullseye-dnf", "Debian 11"),
  real("dnf", "dnf 4.14", "bookworm-dnf", "Debian 12", "on request"),
  real("dnf", "dnf 4.23", "trixie-dnf", "Debian 13"),
  real("dnf", "dnf5 5.4", "sid-dnf5", "Debian sid"),
  madeByHand("dnf", "yum 3.4"),
  real("zypper", "zypper 1.14.42", "bullseye-zypper", "Debian 11"),
  real("zypper", "zypper 1.14.89", "trixie-zypper", "Debian 13", "on request"),
  real("zypper", "zypper 1.14.101", "sid-zypper", "Debian sid"),
  real("pacman", "pacman 6.0", "bookworm-pacman", "Debian 12"),
  real("pacman", "pacman 7.0", "trixie-pacman", "Debian 13", "on request"),
  real("pacman", "pacman 7.1", "sid-pacman", "Debian sid"),
  recorded("apk", "apk 2.14", "apk-tools 2.14.10"),
  recorded("apk", "apk 3.0", "apk-tools 3.0.6"),
]
