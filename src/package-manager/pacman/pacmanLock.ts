import * as Effect from "effect/Effect"
import type * as FileSystem from "effect/FileSystem"
import type { LockHolder } from "../../domain/Host.ts"
import { hasOpen, holderOf } from "../lockHolders.ts"
import { pacmanPaths } from "./pacmanCommands.ts"

/** What is known of pacman's lock. */
export type LockState =
  | { readonly kind: "free" }
  | { readonly kind: "held"; readonly holder: LockHolder }
  /** The file is there, and no program has it open: a pacman that was killed left it behind. */
  | { readonly kind: "stale" }

/** What is to be said of a lock that nobody holds. Never removed by us: whoever removes it must know that it is safe. */
export const staleLock = {
  detail: `a pacman was killed: its lock ${pacmanPaths.lock} is still there, and no program has it open`,
  remedy: `See the end of /var/log/pacman.log for what it was doing, remove ${pacmanPaths.lock}, and reinstall the package it stopped at`,
} as const

const isPacman = (fs: FileSystem.FileSystem, pid: number) =>
  fs.readFileString(`/proc/${pid}/comm`).pipe(
    Effect.map((name) => name.trim() === "pacman"),
    Effect.orElseSucceed(() => false),
  )

/**
 * Whether pacman's database is locked, and by whom. The lock is the mere existence of a file, which libalpm keeps open as
 * long as it needs it. An ordinary user cannot see what other users' programs have open: he is told of a program called
 * pacman, or of nobody, and never that the lock is stale.
 */
export const readLock = Effect.fnUntraced(function* (
  fs: FileSystem.FileSystem,
  isRoot: boolean,
): Effect.fn.Return<LockState> {
  const path = pacmanPaths.lock
  const exists = Effect.orElseSucceed(fs.exists(path), () => false)
  if (!(yield* exists)) return { kind: "free" }
  const names = yield* Effect.orElseSucceed(fs.readDirectory("/proc"), () => [])
  for (const pid of names.filter((name) => /^\d+$/.test(name)).map(Number)) {
    const holds = isRoot ? hasOpen(fs, pid, path) : isPacman(fs, pid)
    if (yield* holds) return { kind: "held", holder: yield* holderOf(fs, path, pid) }
  }
  // It may have been released while we looked.
  if (!(yield* exists)) return { kind: "free" }
  return isRoot ? { kind: "stale" } : { kind: "held", holder: { lock: path } }
})
