import * as Effect from "effect/Effect"
import type * as FileSystem from "effect/FileSystem"
import { lockHolders } from "../lockHolders.ts"

/** Where rpm keeps its database: SUSE and Fedora moved it, and left a link at the old place. */
export const rpmFolders = ["/usr/lib/sysimage/rpm", "/var/lib/rpm"] as const

/** The lock of every transaction, whoever starts it. Queries do not take it. */
export const rpmLocks = rpmFolders.map((folder) => `${folder}/.rpm.lock`)

/** Who is in a transaction on the database now; once, though the lock has two names where one folder links to the other. */
export const rpmLockHolders = (fs: FileSystem.FileSystem) =>
  Effect.map(lockHolders(fs, rpmLocks), (holders) =>
    holders.filter((holder, at) => holders.findIndex(({ pid }) => pid === holder.pid) === at),
  )
