import * as Context from "effect/Context"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as FileSystem from "effect/FileSystem"
import * as Schedule from "effect/Schedule"
import { spawn } from "node:child_process"
import { closeSync, openSync } from "node:fs"
import { tmpdir } from "node:os"
import { outputFollowInterval } from "../schedules.ts"
import { splitLines } from "./outputBuffer.ts"
import { SubprocessError } from "./Subprocess.ts"

/** Where the output of programs that must outlive this process goes, to files that lose their names once they are open. */
export const OutputDirectory = Context.Reference<string>("patchctl/host/OutputDirectory", {
  defaultValue: tmpdir,
})

/** A program to start, and what is made of what it writes to each file descriptor. */
export interface Independent {
  readonly program: string
  readonly args: ReadonlyArray<string>
  readonly env: Readonly<Record<string, string | undefined>>
  readonly stdin: string | undefined
  /** For file descriptors 1, 2, 3, …: what keeps the bytes, and who is told each complete line. */
  readonly outputs: ReadonlyArray<{
    readonly keep: (chunk: Uint8Array) => void
    readonly onLine: ((line: string) => Effect.Effect<void>) | undefined
  }>
}

const failed = (program: string) => (cause: unknown) => {
  const code = typeof cause === "object" && cause !== null && "code" in cause ? cause.code : undefined
  const reason = code === "ENOENT" ? "not_found" : code === "EACCES" ? "not_permitted" : "failed"
  return new SubprocessError({ program, reason, cause })
}

/** One file to write to and to read from, open for as long as the scope and for everybody who inherits it. */
const openOutput = Effect.fnUntraced(function* (fs: FileSystem.FileSystem, path: string) {
  const write = yield* Effect.acquireRelease(
    // Appending, so that stdout and what a script opens as /dev/stdout do not write over each other.
    Effect.try(() => openSync(path, "ax", 0o600)),
    (descriptor) => Effect.sync(() => closeSync(descriptor)),
  )
  return { write, read: yield* fs.open(path, { flag: "r" }) }
})

/** Hands over what was written since the last call. `> /dev/stderr` in a script cuts the file: it begins anew. */
const follow = (file: FileSystem.File, hear: (chunk: Uint8Array) => Effect.Effect<void>) => {
  const buffer = new Uint8Array(64 * 1024)
  let position = 0
  return Effect.gen(function* () {
    if (Number((yield* file.stat).size) < position) position = 0
    for (;;) {
      const length = yield* file.read(buffer, { position: BigInt(position) })
      if (length === 0) return
      position += length
      yield* hear(buffer.slice(0, length))
    }
  }).pipe(Effect.ignore, Effect.uninterruptible)
}

/**
 * Starts a program that nothing ties to this process: a session of its own, and files in place of pipes, whose reader
 * may die without the program noticing (a pipe would end it with SIGPIPE). Answers with the exit code, after everything
 * written until then was handed over. What the program left behind may go on writing to the file, unread.
 */
export const runToFiles = Effect.fnUntraced(function* (directory: string, request: Independent) {
  const { program, args, env, stdin } = request
  const fs = yield* FileSystem.FileSystem
  const outputs = yield* Effect.acquireUseRelease(
    fs.makeTempDirectory({ directory, prefix: "output-" }),
    (folder) => Effect.forEach(request.outputs, (_, index) => openOutput(fs, `${folder}/${index + 1}`)),
    (folder) => Effect.ignore(fs.remove(folder, { recursive: true })),
  ).pipe(Effect.mapError((cause) => new SubprocessError({ program, reason: "failed", cause })))

  const exit = yield* Deferred.make<number, SubprocessError>()
  yield* Effect.try({
    try: () => {
      const child = spawn(program, args, {
        cwd: "/",
        env: { ...env },
        detached: true,
        stdio: [stdin === undefined ? "ignore" : "pipe", ...outputs.map(({ write }) => write)],
      })
      child.once("error", (cause) => Deferred.doneUnsafe(exit, Effect.fail(failed(program)(cause))))
      child.once("exit", (code) =>
        Deferred.doneUnsafe(
          exit,
          code === null
            ? Effect.fail(new SubprocessError({ program, reason: "killed" }))
            : Effect.succeed(code),
        ),
      )
      // A program that does not read its input is its own affair.
      child.stdin?.on("error", () => {})
      child.stdin?.end(stdin)
      child.unref()
    },
    catch: failed(program),
  })

  const followers = request.outputs.flatMap(({ keep, onLine }, index) => {
    const file = outputs[index]?.read
    if (file === undefined) return []
    const lines = splitLines()
    const hear = (chunk: Uint8Array) => {
      keep(chunk)
      return onLine === undefined
        ? Effect.void
        : Effect.forEach(lines(chunk), (line) => onLine(line), { discard: true })
    }
    return [follow(file, hear)]
  })
  const catchUp = Effect.forEach(followers, (look) => look, { discard: true })
  const follower = yield* Effect.forkScoped(Effect.repeat(catchUp, Schedule.spaced(outputFollowInterval)))
  return yield* Deferred.await(exit).pipe(
    Effect.tap(() => Effect.andThen(Fiber.interrupt(follower), catchUp)),
  )
})
