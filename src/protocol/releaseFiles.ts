/**
 * Names in a release repository (The Update Framework 1.0, consistent snapshots): the metadata beside one another,
 * executables in `targets`, each under its SHA-256 and name.
 */

/** Whether a name is one of the metadata's. */
export const isReleaseMetadata = (name: string): boolean =>
  /^(?:timestamp|[1-9]\d{0,8}\.(?:root|snapshot|targets))\.json$/.test(name)

/** Whether a name is one of an executable. */
export const isReleaseTarget = (name: string): boolean =>
  /^[0-9a-f]{64}\.patchctl-agent-[0-9A-Za-z.-]{1,80}$/.test(name)

/** The file of an executable in `targets`. */
export const releaseTargetFile = (sha256: string, name: string): string => `${sha256}.${name}`
