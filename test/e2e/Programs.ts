import * as NodeServices from "@effect/platform-node/NodeServices"
import * as Console from "effect/Console"
import * as Context from "effect/Context"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Layer from "effect/Layer"
import * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"
import { spawn } from "node:child_process"
import { fileURLToPath } from "node:url"
import { eventually } from "../eventually.ts"

const pathOf = (relative: string) => fileURLToPath(new URL(`../../${relative}`, import.meta.url))

/** The entry points, run from source by the Node that runs the tests. */
export const agentProgram = pathOf("src/bin.ts")
export const controlPlaneProgram = pathOf("src/control-plane/bin.ts")

/** How a process ended: its exit code, or the signal that ended it. */
export type End = number | NodeJS.Signals

/** A program of ours that runs as a process. */
export interface Program {
  readonly pid: number
  /** What it has written so far. */
  readonly stdout: Effect.Effect<string>
  readonly stderr: Effect.Effect<string>
  readonly end: Effect.Effect<End>
  readonly signal: (signal: NodeJS.Signals) => Effect.Effect<void>
}

export interface Ended {
  readonly exitCode: End
  readonly stdout: string
  readonly stderr: string
}

export interface StartOptions {
  /** Arguments of Node itself. */
  readonly node?: ReadonlyArray<string>
  /** A program that becomes ours in the end, with its arguments: `ip netns exec …`. */
  readonly through?: ReadonlyArray<string>
  /** Everything of the environment besides PATH. */
  readonly env?: Readonly<Record<string, string>>
  readonly stdin?: string | Uint8Array
}

export class NotStarted extends Schema.TaggedError<NotStarted>()("NotStarted", { program: Schema.String }) {
  override get message() {
    return `${this.program} could not be started`
  }
}

/** The end of a log, which says why a test failed. */
const shown = 6000

const isGone = (cause: unknown) =>
  typeof cause === "object" && cause !== null && "code" in cause && cause.code === "ESRCH"

const kill = (pid: number, signal: NodeJS.Signals) =>
  Effect.sync(() => {
    try {
      process.kill(pid, signal)
    } catch (cause) {
      if (!isGone(cause)) throw cause
    }
  })

/** Starts our programs in a throw-away directory, and leaves neither it nor a process behind. */
export class Programs extends Context.Service<
  Programs,
  {
    readonly directory: string
    /** Ends with the scope, by SIGKILL. */
    readonly start: (
      program: string,
      args: ReadonlyArray<string>,
      options?: StartOptions,
    ) => Effect.Effect<Program, NotStarted, Scope.Scope>
    readonly run: (
      program: string,
      args: ReadonlyArray<string>,
      options?: StartOptions,
    ) => Effect.Effect<Ended, NotStarted>
    /** Prints what every program has logged when the test fails. */
    readonly withLogs: <A, E, R>(test: Effect.Effect<A, E, R>) => Effect.Effect<A, E, R>
  }
>()("patchctl/test/e2e/Programs") {
  static readonly layer = Layer.effect(
    Programs,
    Effect.gen(function* () {
      const files = yield* FileSystem.FileSystem
      const directory = yield* files.makeTempDirectoryScoped({ prefix: "patchctl-e2e-" })
      const logs: Array<{ readonly title: string; readonly text: () => string }> = []

      /** Executors outlive their daemon on purpose; their command lines name our directory. */
      const stragglers = Effect.gen(function* () {
        const pids = (yield* files.readDirectory("/proc")).filter((name) => /^\d+$/.test(name))
        const found = yield* Effect.filter(pids, (pid) =>
          files.readFileString(`/proc/${pid}/cmdline`).pipe(
            Effect.map((line) => line.includes(directory)),
            Effect.orElseSucceed(() => false),
          ),
        )
        return found.map(Number)
      })
      yield* Effect.addFinalizer(() =>
        eventually("no executor runs", stragglers, (pids) => pids.length === 0, "5 seconds").pipe(
          Effect.ignore,
          Effect.andThen(stragglers),
          Effect.flatMap(Effect.forEach((pid) => kill(pid, "SIGKILL"))),
          Effect.ignore,
        ),
      )

      const launch = Effect.fnUntraced(function* (
        program: string,
        args: ReadonlyArray<string>,
        { node = [], through = [], env = {}, stdin }: StartOptions,
      ) {
        const ended = yield* Deferred.make<End>()
        const [command = process.execPath, ...rest] = [
          ...through,
          process.execPath,
          ...node,
          program,
          ...args,
        ]
        const child = yield* Effect.sync(() =>
          spawn(command, rest, {
            cwd: directory,
            env: {
              PATH: process.env["PATH"],
              // Halves the start of a program whose TypeScript has been read before.
              NODE_COMPILE_CACHE: `${directory}/compile-cache`,
              ...env,
            },
            stdio: "pipe",
          }),
        )
        const { pid } = child
        if (pid === undefined) return yield* new NotStarted({ program })
        const output = { stdout: "", stderr: "" }
        for (const stream of ["stdout", "stderr"] as const) {
          child[stream].setEncoding("utf8").on("data", (text: string) => (output[stream] += text))
        }
        // A program need not read what it is given.
        child.stdin.on("error", () => undefined).end(stdin)
        child.on("close", (code, signal) =>
          Deferred.doneUnsafe(ended, Effect.succeed<End>(code ?? signal ?? "SIGKILL")),
        )
        logs.push({ title: `${[...args].join(" ")} (pid ${pid})`, text: () => output.stderr })
        const started: Program = {
          pid,
          stdout: Effect.sync(() => output.stdout),
          stderr: Effect.sync(() => output.stderr),
          end: Deferred.await(ended),
          signal: (signal) => kill(pid, signal),
        }
        return started
      })

      const start: Programs["Service"]["start"] = (program, args, options = {}) =>
        Effect.acquireRelease(launch(program, args, options), ({ signal, end }) =>
          Effect.andThen(signal("SIGKILL"), end),
        )

      const run: Programs["Service"]["run"] = (program, args, options) =>
        Effect.gen(function* () {
          const { end, stdout, stderr } = yield* start(program, args, options)
          return { exitCode: yield* end, stdout: yield* stdout, stderr: yield* stderr }
        }).pipe(Effect.scoped)

      const withLogs: Programs["Service"]["withLogs"] = (test) =>
        Effect.onError(test, () =>
          Effect.forEach(
            logs.filter(({ text }) => text() !== ""),
            ({ title, text }) => Console.error(`--- ${title}\n${text().slice(-shown)}`),
            { discard: true },
          ),
        )

      return Programs.of({ directory, start, run, withLogs })
    }),
  ).pipe(Layer.provideMerge(NodeServices.layer))
}
