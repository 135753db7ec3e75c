import type { Scenario } from "../suite/ManagerWorld.ts"

/** A package of the lab in one version. */
export interface LabPackage {
  readonly name: string
  readonly version: string
  /** `name`, `name=version`, or `!name` for what may not be installed beside it. */
  readonly depends?: ReadonlyArray<string>
  /** What its post-upgrade script does. */
  readonly postUpgrade?: "fails" | "hangs once"
}

/** A host and its repository. */
export interface AlpineState {
  readonly installed: ReadonlyArray<LabPackage>
  readonly world: ReadonlyArray<string>
  readonly offered: ReadonlyArray<LabPackage>
}

export const from = "1.0-r0"
export const to = "1.1-r0"

/** A package that is installed at `from`, is asked for by the world, and is offered at `to`. */
const pending = (name: string, next: Omit<LabPackage, "name" | "version"> = {}): AlpineState => ({
  installed: [{ name, version: from }],
  world: [name],
  offered: [{ name, version: to, ...next }],
})

const together = (...states: ReadonlyArray<AlpineState>): AlpineState => ({
  installed: states.flatMap(({ installed }) => installed),
  world: states.flatMap(({ world }) => world),
  offered: states.flatMap(({ offered }) => offered),
})

const plain = pending("lab-plain")

/** Installed only because the old lab-conflict needs it; the new one does not bear it. */
const conflict: AlpineState = {
  installed: [
    { name: "lab-victim", version: from },
    { name: "lab-conflict", version: from, depends: ["lab-victim"] },
  ],
  world: ["lab-conflict"],
  offered: [
    { name: "lab-victim", version: from },
    { name: "lab-conflict", version: to, depends: ["!lab-victim"] },
  ],
}

/** The packages of each scenario. */
export const stateOf = (scenario: Scenario): AlpineState => {
  switch (scenario) {
    case "nothing to do":
      return { ...plain, offered: plain.installed }
    case "security only":
      return together(plain, pending("lab-secfix"))
    case "held":
      return together(plain, { ...pending("lab-held"), world: [`lab-held=${from}`] })
    case "removal needed":
      return together(plain, conflict)
    case "failing scriptlet":
      return together(pending("innocent1"), pending("lab-failpost", { postUpgrade: "fails" }))
    case "half-installed":
      return pending("lab-hangpost", { postUpgrade: "hangs once" })
    default:
      return plain
  }
}
