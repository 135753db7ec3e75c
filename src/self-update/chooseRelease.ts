import { compareReleases, isTrial, type ReleaseVersion } from "../domain/Release.ts"

/** What to do about the releases there are. */
export type Choice<R> =
  | { readonly kind: "take"; readonly release: R }
  /** There is nothing above what runs. */
  | { readonly kind: "newest" }
  /** What is above it is not above what has failed here. */
  | { readonly kind: "failed_before"; readonly version: ReleaseVersion }

/**
 * The newest release above the one in use and above the one that failed here. A version for trial (`1.5.0-rc.1`) is taken
 * only by a host that runs one.
 */
export const chooseRelease = <R extends { readonly version: ReleaseVersion }>(
  releases: ReadonlyArray<R>,
  current: ReleaseVersion,
  failed: ReleaseVersion | undefined,
): Choice<R> => {
  const [newest] = releases
    .filter(({ version }) => compareReleases(version, current) > 0 && (isTrial(current) || !isTrial(version)))
    .toSorted((a, b) => compareReleases(b.version, a.version))
  if (newest === undefined) return { kind: "newest" }
  if (failed !== undefined && compareReleases(newest.version, failed) <= 0) {
    return { kind: "failed_before", version: failed }
  }
  return { kind: "take", release: newest }
}
