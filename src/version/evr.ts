import { pastDigits } from "./segments.ts"

/** `[epoch:]version[-release]`, as rpm takes it apart and pacman after it. A missing release is not an empty one. */
export interface Evr {
  readonly epoch: string
  readonly version: string
  readonly release: string | undefined
}

/** Where the version begins: after the colon if there is nothing but digits, or nothing, before it. */
export const pastEpoch = (text: string): number => {
  const colon = pastDigits(text, 0)
  return text.charAt(colon) === ":" ? colon + 1 : 0
}

/**
 * The epoch is what stands before a colon if that is nothing but digits; missing or empty it is 0. The release begins
 * after the last hyphen. Source: `parseEVR` in rpm's rpmio/rpmver.c and in pacman's lib/libalpm/version.c.
 */
export const parse = (text: string): Evr => {
  const start = pastEpoch(text)
  const hyphen = text.lastIndexOf("-")
  return {
    epoch: text.slice(0, Math.max(start - 1, 0)),
    version: text.slice(start, hyphen === -1 ? undefined : hyphen),
    release: hyphen === -1 ? undefined : text.slice(hyphen + 1),
  }
}
