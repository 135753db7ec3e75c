import { assert, describe, it } from "@effect/vitest"
import * as ByteSize from "effect/ByteSize"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Option from "effect/Option"
import * as PlatformError from "effect/PlatformError"
import * as TestClock from "effect/testing/TestClock"
import { lockHolders } from "../../src/package-manager/lockHolders.ts"

const lock = "/var/lib/dpkg/lock-frontend"

const info: FileSystem.File.Info = {
  type: "File",
  mtime: Option.none(),
  atime: Option.none(),
  birthtime: Option.none(),
  // major 253, minor 1, as makedev(3) packs them
  dev: 0xfd01n,
  ino: Option.some(1762815n),
  mode: 0o640,
  nlink: Option.none(),
  uid: Option.none(),
  gid: Option.none(),
  rdev: Option.none(),
  size: ByteSize.zero,
  blksize: Option.none(),
  blocks: Option.none(),
}

const gone = (path: string) =>
  Effect.fail(
    PlatformError.systemError({
      _tag: "NotFound",
      module: "FileSystem",
      method: "read",
      pathOrDescriptor: path,
    }),
  )

/** A host with this list of locks, on which process 26 has these files open. */
const holders = (locks: string, open: ReadonlyArray<string> = []) =>
  Effect.gen(function* () {
    yield* TestClock.setTime(2_000_000)
    const texts: Readonly<Record<string, string>> = {
      "/proc/locks": locks,
      "/proc/stat": "cpu  1 2 3\nbtime 1000\n",
      "/proc/26/comm": "apt-get\n",
      "/proc/26/stat": "26 (apt (x) get) S 1 26 26 0 -1 4194560 1 0 0 0 0 0 0 0 20 0 1 0 40000 1 1\n",
    }
    return yield* lockHolders(
      FileSystem.makeNoop({
        readFileString: (path) => {
          const text = texts[path]
          return text === undefined ? gone(path) : Effect.succeed(text)
        },
        stat: (path) => (path === lock ? Effect.succeed(info) : gone(path)),
        readDirectory: (path) =>
          path === "/proc/26/fd" ? Effect.succeed(open.map((_, at) => String(at))) : gone(path),
        readLink: (path) => Effect.succeed(open[Number(path.slice("/proc/26/fd/".length))] ?? ""),
      }),
      [lock],
    )
  })

const held = [{ lock, pid: 26, program: "apt-get", heldSeconds: 600 }]

describe("lockHolders", () => {
  it.effect("names the process, its program and its age", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* holders("1: POSIX  ADVISORY  WRITE 26 fd:01:1762815 0 EOF\n"), held)
    }),
  )

  it.effect("finds nobody in locks of other files, in waiting processes and in no list at all", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* holders("1: POSIX  ADVISORY  WRITE 26 fd:01:1762816 0 EOF\n"), [])
      assert.deepStrictEqual(yield* holders("1: -> POSIX  ADVISORY  WRITE 26 fd:01:1762815 0 EOF\n"), [])
      // shared by readers
      assert.deepStrictEqual(yield* holders("1: POSIX  ADVISORY  READ  26 fd:01:1762815 0 EOF\n"), [])
      assert.deepStrictEqual(yield* holders(""), [])
    }),
  )

  it.effect("believes another device number only of a process that has the file open, as on overlayfs", () =>
    Effect.gen(function* () {
      const locks = "1: POSIX  ADVISORY  WRITE 26 00:28:1762815 0 EOF\n"
      assert.deepStrictEqual(yield* holders(locks, ["/dev/null"]), [])
      assert.deepStrictEqual(yield* holders(locks, ["/dev/null", lock]), held)
    }),
  )
})
