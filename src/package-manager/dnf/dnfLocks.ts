import * as Effect from "effect/Effect"
import type * as FileSystem from "effect/FileSystem"
import type { LockHolder } from "../../domain/Host.ts"
import type { SubprocessResult } from "../../host/Subprocess.ts"
import { lockHolders, pidFileHolders } from "../lockHolders.ts"
import { rpmLockHolders } from "../rpm/rpmLocks.ts"

/** dnf5 locks files: while it changes packages, and from before it looks for what to change. */
const dnf5Locks = ["/run/dnf/rpmtransaction.lock", "/var/lib/dnf/system-repo.lock"]

/** dnf4 and yum write their process id into a file. The first of dnf4's is the one that its readers stop at. */
const pidFiles = [
  "/var/cache/dnf/metadata_lock.pid",
  "/var/cache/dnf/download_lock.pid",
  "/var/lib/dnf/rpmdb_lock.pid",
  "/var/run/yum.pid",
]

/** With which dnf4 gives up at another program's lock when it is told not to wait. */
export const lockedExitCode = 200

/** Whether a run gave up at another program's lock. yum then exits with 1, as for everything (`cli.py`, `waitForLock`). */
export const gaveUpAtLock = ({ exitCode, stderr }: Pick<SubprocessResult, "exitCode" | "stderr">): boolean =>
  exitCode === lockedExitCode || (exitCode !== 0 && /holding the yum lock; exiting/.test(stderr))

/**
 * Who is at work with dnf, yum or rpm now; each process once, though it holds several locks. All of them are looked
 * at whatever this host's dialect is: the others may be installed beside it.
 */
export const dnfLockHolders = Effect.fnUntraced(function* (
  fs: FileSystem.FileSystem,
): Effect.fn.Return<ReadonlyArray<LockHolder>> {
  const holders = [
    ...(yield* lockHolders(fs, dnf5Locks)),
    ...(yield* pidFileHolders(fs, pidFiles)),
    ...(yield* rpmLockHolders(fs)),
  ]
  return holders.filter((holder, at) => holders.findIndex(({ pid }) => pid === holder.pid) === at)
})

/** Who keeps dnf5 from reading: it waits for these without limit. */
export const dnf5Holders = (fs: FileSystem.FileSystem): Effect.Effect<ReadonlyArray<LockHolder>> =>
  lockHolders(fs, dnf5Locks)
