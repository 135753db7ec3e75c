import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as FileSystem from "effect/FileSystem"
import * as Layer from "effect/Layer"
import type * as PlatformError from "effect/PlatformError"
import * as ChildProcess from "effect/process/ChildProcess"
import { ChildProcessSpawner } from "effect/process/ChildProcessSpawner"
import * as Stream from "effect/Stream"
import { userInfo } from "node:os"
import { subprocessKillGrace, subprocessPipeGrace } from "../schedules.ts"
import { keepFirst, keepLast, splitLines, type OutputBuffer } from "./outputBuffer.ts"
import { OutputDirectory, runToFiles } from "./runToFiles.ts"
import { Subprocess, SubprocessError, type SubprocessRequest } from "./Subprocess.ts"

const defaultOutputLimitBytes = 64 * 1024 * 1024
const stderrLimitBytes = 64 * 1024

/** What a program may not be given another value of. NixOS has its programs in the last folder alone; /run is root's. */
const searchPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin:/run/current-system/sw/bin"

/** Nobody answers questions, reads pages or restarts services behind the agent's back. */
const unattended = {
  TERM: "dumb",
  NO_COLOR: "1",
  PAGER: "cat",
  COLUMNS: "512",
  DEBIAN_FRONTEND: "noninteractive",
  DEBCONF_NONINTERACTIVE_SEEN: "true",
  APT_LISTCHANGES_FRONTEND: "none",
  APT_LISTBUGS_FRONTEND: "none",
  NEEDRESTART_MODE: "l",
  NEEDRESTART_SUSPEND: "1",
  UCF_FORCE_CONFFOLD: "1",
}

/** glibc keeps the locale in one of these; where neither exists, asking for C.UTF-8 makes perl warn on stderr. */
const unicodeLocales = ["/usr/lib/locale/C.utf8", "/usr/lib/locale/C.UTF-8"]

const fixedEnvironment = Effect.gen(function* () {
  const fs = yield* FileSystem.FileSystem
  const found = yield* Effect.forEach(unicodeLocales, (path) =>
    Effect.orElseSucceed(fs.exists(path), () => false),
  )
  // Without an entry in the user database there is no home, as for a container's arbitrary uid.
  const home = yield* Effect.orElseSucceed(
    Effect.try(() => userInfo().homedir),
    () => "/",
  )
  return (additions: SubprocessRequest["env"]) => ({
    HOME: home,
    ...unattended,
    ...additions,
    PATH: searchPath,
    LC_ALL: found.includes(true) ? "C.UTF-8" : "C",
    // gettext puts LANGUAGE above LC_ALL in every locale but plain C.
    LANGUAGE: undefined,
  })
})

const startFailure = (program: string) => (cause: PlatformError.PlatformError) => {
  const reasons = { NotFound: "not_found", PermissionDenied: "not_permitted" } as const
  const tag = cause.reason._tag
  const reason = tag === "NotFound" || tag === "PermissionDenied" ? reasons[tag] : "failed"
  return new SubprocessError({ program, reason, cause })
}

/** Reads a stream to its end, keeping what the buffer keeps and telling each complete line. */
const drain = (
  stream: Stream.Stream<Uint8Array, PlatformError.PlatformError>,
  buffer: OutputBuffer | undefined,
  onLine: SubprocessRequest["onLine"],
) => {
  const lines = splitLines()
  return Stream.runForEach(stream, (chunk) => {
    buffer?.add(chunk)
    return onLine === undefined
      ? Effect.void
      : Effect.forEach(lines(chunk), (line) => onLine(line), { discard: true })
  }).pipe(Effect.ignore)
}

/** Starts programs. One that is left alone when its time is up writes to files; see `runToFiles`. */
export const layer = Layer.effect(
  Subprocess,
  Effect.gen(function* () {
    const spawner = yield* ChildProcessSpawner
    const fs = yield* FileSystem.FileSystem
    const outputDirectory = yield* OutputDirectory
    const environment = yield* fixedEnvironment

    const limited = (request: SubprocessRequest) =>
      Effect.timeoutOrElse({
        duration: request.timeout,
        orElse: () => Effect.fail(new SubprocessError({ program: request.program, reason: "timed_out" })),
      })

    const runAndLeave = Effect.fnUntraced(function* (request: SubprocessRequest) {
      const stdout = keepFirst(request.outputLimitBytes ?? defaultOutputLimitBytes)
      const stderr = keepLast(stderrLimitBytes)
      const exitCode = yield* runToFiles(outputDirectory, {
        ...request,
        env: environment(request.env),
        stdin: request.stdin,
        outputs: [
          { keep: stdout.add, onLine: request.onLine },
          { keep: stderr.add, onLine: request.onErrorLine },
          ...(request.onStatusLine === undefined ? [] : [{ keep: () => {}, onLine: request.onStatusLine }]),
        ],
      }).pipe(limited(request), Effect.provideService(FileSystem.FileSystem, fs))
      return { exitCode, stdout: stdout.text(), stderr: stderr.text(), truncated: stdout.truncated() }
    }, Effect.scoped)

    const runAndKill = Effect.fnUntraced(function* (request: SubprocessRequest) {
      const { program, onStatusLine } = request
      const command = ChildProcess.make(program, request.args, {
        cwd: "/",
        env: environment(request.env),
        stdin: request.stdin === undefined ? "ignore" : Stream.make(new TextEncoder().encode(request.stdin)),
        detached: true,
        forceKillAfter: subprocessKillGrace,
        ...(onStatusLine === undefined ? {} : { additionalFds: { fd3: { type: "output" } } }),
      })
      const handle = yield* spawner.spawn(command).pipe(
        Effect.mapError(startFailure(program)),
        // Node throws instead of reporting where it expects no failure: a list of arguments that is too long.
        Effect.catchDefect((cause) => Effect.fail(new SubprocessError({ program, reason: "failed", cause }))),
        Effect.uninterruptible,
      )

      const stdout = keepFirst(request.outputLimitBytes ?? defaultOutputLimitBytes)
      const stderr = keepLast(stderrLimitBytes)
      const reader = yield* Effect.forkScoped(
        Effect.all(
          [
            drain(handle.stdout, stdout, request.onLine),
            drain(handle.stderr, stderr, request.onErrorLine),
            onStatusLine === undefined ? Effect.void : drain(handle.getOutputFd(3), undefined, onStatusLine),
          ],
          { concurrency: "unbounded", discard: true },
        ),
      )
      const exitCode = yield* handle.exitCode.pipe(
        Effect.mapError((cause) => new SubprocessError({ program, reason: "killed", cause })),
        limited(request),
      )
      yield* Fiber.join(reader).pipe(Effect.timeoutOption(subprocessPipeGrace))
      yield* Fiber.interrupt(reader)
      return { exitCode, stdout: stdout.text(), stderr: stderr.text(), truncated: stdout.truncated() }
    }, Effect.scoped)

    return Subprocess.of({
      run: Effect.fn("Subprocess.run")((request: SubprocessRequest) =>
        request.onTimeout === "leave" ? runAndLeave(request) : runAndKill(request),
      ),
    })
  }),
)
