import { pastDigits } from "./segments.ts"

/** `[epoch:]version[-release]`, as rpm takes it apart and pacman after it. A missing release is not an empty one. */
export interface Evr {
  readonly epoch: string
  readonly version: string
  readonly release: string | undefined
}

/**
 * The epoch is what stands before a colon if that is nothing but digits; missing or empty it is 0. The release begins
 * after the last hyphen. Source: `parseEVR` in rpm's rpmio/rpmver.c and in pacman's lib/libalpm/version.c.
 */
export const parse = (text: string): Evr => {
  const colon = pastDigits(text, 0)
  const hasEpoch = text.charAt(colon) === ":"
  const start = hasEpoch ? colon + 1 : 0
  const hyphen = text.lastIndexOf("-")
  return {
    epoch: hasEpoch ? text.slice(0, colon) : "",
    version: text.slice(start, hyphen === -1 ? undefined : hyphen),
    release: hyphen === -1 ? undefined : text.slice(hyphen + 1),
  }
}
