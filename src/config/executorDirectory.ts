/**
 * Where the side that has root keeps what it must not lose to the daemon's user: ledger, audit log, pinned keys. It lies
 * beside the state directory, not in it: who owns a directory can put another one in place of what is inside.
 */
export const executorDirectory = (stateDirectory: string): string =>
  `${stateDirectory.replace(/\/+$/, "")}-executor`

/** The same for an executor inside a daemon without root, which can make no directory but in its own. */
export const inProcessDirectory = (stateDirectory: string): string =>
  `${stateDirectory.replace(/\/+$/, "")}/executor`
