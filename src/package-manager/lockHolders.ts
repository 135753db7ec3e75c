import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import type * as FileSystem from "effect/FileSystem"
import * as Option from "effect/Option"
import type { LockHolder } from "../domain/Host.ts"

/** One held lock of /proc/locks. Lines of processes that wait for a lock are no holders. */
interface KernelLock {
  readonly pid: number
  readonly device: string
  readonly inode: string
}

/**
 * proc(5): `N: POSIX ADVISORY WRITE PID MAJOR:MINOR:INODE START END`, device numbers in hexadecimal. A READ lock is
 * shared by those who only look, for a moment.
 */
const kernelLocks = (text: string): ReadonlyArray<KernelLock> =>
  [...text.matchAll(/^\d+: \w+ +\w+ +WRITE +(\d+) ([0-9a-f]+:[0-9a-f]+):(\d+) /gm)].map(
    ([, pid, device = "", inode = ""]) => ({ pid: Number(pid), device, inode }),
  )

/** A device number as /proc/locks writes it; Linux keeps the minor's upper bits above the major. */
const deviceText = (device: bigint): string => {
  const hex = (part: bigint) => part.toString(16).padStart(2, "0")
  return `${hex((device >> 8n) & 0xfffn)}:${hex((device & 0xffn) | ((device >> 12n) & 0xfff00n))}`
}

const readText = (fs: FileSystem.FileSystem, path: string) =>
  Effect.orElseSucceed(fs.readFileString(path), () => "")

const statOf = (fs: FileSystem.FileSystem, path: string) => Effect.option(fs.stat(path))

/** Whether a process has the file open. On overlayfs and btrfs the kernel's device number is not the file's. */
export const hasOpen = Effect.fnUntraced(function* (fs: FileSystem.FileSystem, pid: number, path: string) {
  const folder = `/proc/${pid}/fd`
  const descriptors = yield* Effect.orElseSucceed(fs.readDirectory(folder), () => [])
  const links = yield* Effect.forEach(descriptors, (name) =>
    Effect.orElseSucceed(fs.readLink(`${folder}/${name}`), () => ""),
  )
  return links.includes(path)
})

/** Seconds since the process started, the longest it can have held a lock. Linux counts 100 ticks a second here. */
const ageOf = Effect.fnUntraced(function* (fs: FileSystem.FileSystem, pid: number) {
  const stat = yield* readText(fs, `/proc/${pid}/stat`)
  const boot = /^btime (\d+)$/m.exec(yield* readText(fs, "/proc/stat"))?.[1]
  const ticks = stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19]
  if (boot === undefined || ticks === undefined) return undefined
  const now = (yield* Clock.currentTimeMillis) / 1000
  return Math.max(0, Math.floor(now - Number(boot) - Number(ticks) / 100))
})

export const holderOf = Effect.fnUntraced(function* (fs: FileSystem.FileSystem, lock: string, pid: number) {
  const program = (yield* readText(fs, `/proc/${pid}/comm`)).trim()
  const heldSeconds = yield* ageOf(fs, pid)
  const holder: LockHolder = {
    lock,
    pid,
    ...(program === "" ? {} : { program }),
    ...(heldSeconds === undefined ? {} : { heldSeconds }),
  }
  return holder
})

/**
 * Who holds these lock files now. apt and dpkg take fcntl(2) locks, so a file that merely exists says nothing; the
 * kernel's list is asked, without touching the lock. `heldSeconds` is the age of the process. An ordinary user
 * does not see holders of locks on overlayfs and btrfs, where it takes root to be sure.
 */
export const lockHolders = Effect.fnUntraced(function* (
  fs: FileSystem.FileSystem,
  paths: ReadonlyArray<string>,
) {
  const locks = kernelLocks(yield* readText(fs, "/proc/locks"))
  const holders: Array<LockHolder> = []
  for (const path of paths) {
    const info = Option.getOrUndefined(yield* statOf(fs, path))
    const inode = info === undefined ? undefined : Option.getOrUndefined(info.ino)
    if (info === undefined || inode === undefined) continue
    for (const lock of locks) {
      if (lock.inode !== String(inode)) continue
      if (lock.device !== deviceText(info.dev) && !(yield* hasOpen(fs, lock.pid, path))) continue
      holders.push(yield* holderOf(fs, path, lock.pid))
      break
    }
  }
  return holders
})

/**
 * Who holds the locks that dnf4 and yum keep as files with a process id: held as long as that process lives, which is
 * all that they ask themselves.
 */
export const pidFileHolders = Effect.fnUntraced(function* (
  fs: FileSystem.FileSystem,
  paths: ReadonlyArray<string>,
) {
  const holders: Array<LockHolder> = []
  for (const path of paths) {
    const pid = /^\s*(\d{1,10})\s*$/.exec(yield* readText(fs, path))?.[1]
    if (pid === undefined || (yield* readText(fs, `/proc/${pid}/stat`)) === "") continue
    holders.push(yield* holderOf(fs, path, Number(pid)))
  }
  return holders
})
