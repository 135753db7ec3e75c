import * as Option from "effect/Option"
import type { ReleaseVersion } from "../domain/Release.ts"
import type { UpdateStep } from "./UpdateState.ts"

/** How to go on with an update that an updater before this one has left. */
export type Resumption =
  /** It was not begun, or somebody has installed another version meanwhile: nothing to be undone. */
  | { readonly kind: "forget" }
  /** The new version is in use and may still prove itself. */
  | { readonly kind: "prove"; readonly step: UpdateStep }
  /** The old version has to be in use, and started. */
  | { readonly kind: "return"; readonly step: UpdateStep; readonly reason: string }

/** How often a new version is given the time to prove itself, if the host stops in between. */
export const provingAttempts = 3

/**
 * What was written down, held against which version is in use. Every part of an update can be done twice, so that it does
 * not matter whether the last one was completed.
 */
export const resumption = (step: UpdateStep, current: Option.Option<ReleaseVersion>): Resumption => {
  const inUse = Option.getOrUndefined(current)
  if (inUse !== step.from && inUse !== step.to) return { kind: "forget" }
  if (step.name === "returning") {
    return { kind: "return", step, reason: step.reason ?? `${step.to} did not work` }
  }
  if (inUse === step.from) {
    // Its state could not be written when it went back.
    return step.name === "switching"
      ? { kind: "forget" }
      : { kind: "return", step, reason: `${step.to} did not work` }
  }
  return step.attempts < provingAttempts
    ? { kind: "prove", step }
    : {
        kind: "return",
        step,
        reason: `the host stopped ${step.attempts} times before ${step.to} had sent a heartbeat`,
      }
}
