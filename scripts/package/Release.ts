import type { Arch } from "../build/executable.ts"

export const checkout = `${import.meta.dirname}/../..`

/** What all packages of one run have in common. */
export interface Release {
  readonly version: string
  readonly arch: Arch
  /** Where packages go. */
  readonly output: string
  /** Seconds since 1970: the time of every file in every package, so that the same sources make the same bytes. */
  readonly epoch: string
  /** Compress quickly instead of well. */
  readonly fast: boolean
}

const machineNames = {
  x64: { deb: "amd64", rpm: "x86_64" },
  arm64: { deb: "arm64", rpm: "aarch64" },
} as const

export const machineName = (arch: Arch, format: "deb" | "rpm"): string => machineNames[arch][format]

/** `1.2.0-rc.1` sorts before `1.2.0` as `1.2.0~rc.1`, for dpkg and rpm alike. */
export const packageVersion = (version: string): string => version.replace("-", "~")
