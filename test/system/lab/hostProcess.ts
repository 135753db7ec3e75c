import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"
// Not Effect's spawner: it signals whole process groups when a leader ends, and the lab must show what programs leave
// behind. It also has to tell "exited" from "closed its output", which is what some tests are about.
import * as ChildProcess from "node:child_process"
import * as Os from "node:os"

/** The lab itself failed: no such root, a mount refused, a helper program missing. Never the outcome of a tested program. */
export class BoxError extends Schema.TaggedError<BoxError>()("BoxError", {
  what: Schema.String,
  cause: Schema.optional(Schema.Defect()),
}) {
  override get message() {
    return `lab: ${this.what}`
  }
}

export interface HostProcess {
  readonly pid: number
  /** Exit status of the process itself; 128 + n when signal n ended it. Does not wait for its pipes. */
  readonly exit: Effect.Effect<number>
  /** Completes when stdout and stderr have both ended, that is, when nobody holds them any more. */
  readonly closed: Effect.Effect<void>
  readonly isClosed: Effect.Effect<boolean>
  /** What has arrived so far. */
  readonly stdout: Effect.Effect<string>
  readonly stderr: Effect.Effect<string>
  readonly write: (text: string) => Effect.Effect<void>
  readonly endInput: Effect.Effect<void>
}

const collect = (stream: NodeJS.ReadableStream | null): Effect.Effect<string> => {
  const chunks: Array<Buffer> = []
  stream?.on("data", (chunk: Buffer) => chunks.push(chunk))
  return Effect.sync(() => Buffer.concat(chunks).toString("utf8"))
}

const launch = (
  argv: readonly [string, ...ReadonlyArray<string>],
  options: { readonly env: Readonly<Record<string, string>>; readonly stdin: "open" | "null" },
) =>
  Effect.callback<
    { child: ChildProcess.ChildProcess; process: HostProcess; hasExited: () => boolean },
    BoxError
  >((resume) => {
    const [command, ...args] = argv
    const child = ChildProcess.spawn(command, args, {
      env: { ...options.env },
      stdio: [options.stdin === "open" ? "pipe" : "ignore", "pipe", "pipe"],
    })
    const exit = Deferred.makeUnsafe<number>()
    const closed = Deferred.makeUnsafe<void>()
    const stdout = collect(child.stdout)
    const stderr = collect(child.stderr)
    // a program that ends without reading its input is no failure of the lab
    child.stdin?.on("error", () => {})
    child.on("error", (cause) =>
      resume(Effect.fail(new BoxError({ what: `cannot start ${command}`, cause }))),
    )
    child.on("exit", (code, signal) =>
      Deferred.doneUnsafe(
        exit,
        Effect.succeed(code ?? 128 + (signal === null ? 0 : Os.constants.signals[signal])),
      ),
    )
    child.on("close", () => Deferred.doneUnsafe(closed, Effect.void))
    child.on("spawn", () =>
      resume(
        Effect.succeed({
          child,
          hasExited: () => Deferred.isDoneUnsafe(exit),
          process: {
            pid: child.pid ?? 0,
            exit: Deferred.await(exit),
            closed: Deferred.await(closed),
            isClosed: Deferred.isDone(closed),
            stdout,
            stderr,
            write: (text) =>
              Effect.sync(() => {
                child.stdin?.write(text)
              }),
            endInput: Effect.sync(() => {
              child.stdin?.end()
            }),
          },
        }),
      ),
    )
  })

/** Starts a program of the host. When the scope closes and it still runs, `stop` has to end it; its pipes are dropped. */
export const start = (
  argv: readonly [string, ...ReadonlyArray<string>],
  options: {
    readonly env: Readonly<Record<string, string>>
    readonly stdin: "open" | "null"
    readonly stop: (process: HostProcess) => Effect.Effect<void>
  },
): Effect.Effect<HostProcess, BoxError, Scope.Scope> =>
  Effect.acquireRelease(launch(argv, options), ({ child, hasExited, process }) =>
    Effect.suspend(() => (hasExited() ? Effect.void : options.stop(process))).pipe(
      Effect.andThen(
        Effect.sync(() => {
          child.stdin?.destroy()
          child.stdout?.destroy()
          child.stderr?.destroy()
        }),
      ),
    ),
  ).pipe(Effect.map(({ process }) => process))

/** Sends a signal; a process (or, negative, a group) that is gone already is fine. */
export const signal = (pid: number, name: NodeJS.Signals): Effect.Effect<void> =>
  Effect.sync(() => {
    try {
      process.kill(pid, name)
    } catch {
      // ESRCH: nothing left to signal
    }
  })

/** Ends a program for good and waits until it is gone. */
export const kill = (host: HostProcess): Effect.Effect<void> =>
  signal(host.pid, "SIGKILL").pipe(Effect.andThen(host.exit), Effect.asVoid)
