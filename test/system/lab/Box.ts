import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"
import * as Crypto from "node:crypto"
import * as NodeServices from "@effect/platform-node/NodeServices"
import { eventually, onRealClock } from "../../eventually.ts"
import { BoxError, type HostProcess, kill, signal, start } from "./hostProcess.ts"
import {
  checkoutInside,
  type MakeOptions,
  nodeInside,
  PATH,
  powerOn,
  prepare,
  publishArchive,
} from "./powerOn.ts"

/** A program in a box did not end in time and was killed; what it had said by then. */
export class BoxTimeout extends Schema.TaggedError<BoxTimeout>()("BoxTimeout", {
  argv: Schema.Array(Schema.String),
  stdout: Schema.String,
  stderr: Schema.String,
}) {
  override get message() {
    return `no end in sight: ${this.argv.join(" ")}\n${this.stdout}\n${this.stderr}`
  }
}

export type Argv = readonly [string, ...ReadonlyArray<string>]

export interface RunOptions {
  /** Text on stdin; without it stdin is /dev/null. */
  readonly stdin?: string
  /** Added to, or overriding, PATH, HOME and LC_ALL, which are all a program gets; undefined removes one. */
  readonly env?: Readonly<Record<string, string | undefined>>
  /** After this long (60 s) the program and its process group are killed and `run` fails. */
  readonly timeout?: Duration.Input
  /** Name of a user of the box; default root. */
  readonly user?: string
}

export interface Result {
  readonly exitCode: number
  readonly stdout: string
  readonly stderr: string
  /** The program has ended, but something it started still holds its stdout or stderr. */
  readonly outputHeld: boolean
}

export interface BoxProcess extends Omit<HostProcess, "pid"> {
  /** Process id inside the box; the program leads its own session and group. */
  readonly pid: Effect.Effect<number, BoxError>
  readonly signal: (name: NodeJS.Signals) => Effect.Effect<void, BoxError>
}

export interface Box {
  /** Runs a program to its end. Any exit code is a success of `run`. */
  readonly run: (argv: Argv, options?: RunOptions) => Effect.Effect<Result, BoxError | BoxTimeout>
  /** Starts a program in the background, killed with its group when the scope closes. stdin stays open for `write`. */
  readonly spawn: (
    argv: Argv,
    options?: Omit<RunOptions, "timeout">,
  ) => Effect.Effect<BoxProcess, BoxError, Scope.Scope>
  /** Runs the checkout's agent, `node src/bin.ts ARGS`, with the Node that runs the tests. */
  readonly agent: (
    args: ReadonlyArray<string>,
    options?: RunOptions,
  ) => Effect.Effect<Result, BoxError | BoxTimeout>
  /** The agent's command line, for `spawn`. */
  readonly agentArgv: (args: ReadonlyArray<string>) => Argv
  /** Writes in place, creating folders; `mode` as chmod takes it. */
  readonly writeFile: (
    path: string,
    text: string,
    mode?: string,
  ) => Effect.Effect<void, BoxError | BoxTimeout>
  readonly readFile: (path: string) => Effect.Effect<string, BoxError | BoxTimeout>
  readonly exists: (path: string) => Effect.Effect<boolean, BoxError | BoxTimeout>
  /** The same file seen from the host. Absolute links inside the box (/var/run) would lead out of it: avoid them. */
  readonly hostPath: (path: string) => string
  /** Power loss and boot: every process is killed, /run is empty, the boot id is new; files stay. */
  readonly reboot: Effect.Effect<void, BoxError | BoxTimeout>
}

/** A throw-away machine over a prepared root. It, and all that runs in it, is gone when the scope closes. */
export const make = Effect.fnUntraced(function* (rootName: string, options: MakeOptions = {}) {
  const init = yield* powerOn(yield* prepare(rootName), options)
  const fs = yield* FileSystem.FileSystem
  const hostPath = (path: string) => `/proc/${init}/root${path}`

  /** nsenter forks into the pid namespace; its only child is the program (see `spawn`). */
  const inner = (host: HostProcess) =>
    fs.readFileString(`/proc/${host.pid}/task/${host.pid}/children`).pipe(
      Effect.orElseSucceed(() => ""),
      Effect.map((children) => Number.parseInt(children, 10)),
    )
  const stop = (host: HostProcess): Effect.Effect<void> =>
    eventually(
      "the program started or ended",
      Effect.all([inner(host), fs.exists(`/proc/${host.pid}/stat`)]),
      ([pid, alive]) => pid > 0 || !alive,
    ).pipe(
      Effect.flatMap(([pid]) =>
        pid > 0 ? Effect.andThen(signal(-pid, "SIGKILL"), signal(pid, "SIGKILL")) : Effect.void,
      ),
      // nsenter reports the end by itself; killing it first would leave the program to be reaped by somebody else
      Effect.andThen(host.exit),
      Effect.timeout("5 seconds"),
      onRealClock,
      Effect.ignore,
      Effect.andThen(kill(host)),
    )

  const enter = Effect.fnUntraced(function* (
    argv: Argv,
    options: RunOptions,
    stdin: "open" | "null",
  ): Effect.fn.Return<HostProcess, BoxError, Scope.Scope> {
    const env: Record<string, string> = {}
    for (const [name, value] of Object.entries({ PATH, HOME: "/root", LC_ALL: "C.UTF-8", ...options.env })) {
      if (value !== undefined) env[name] = value
    }
    let identity: ReadonlyArray<string> = []
    if (options.user !== undefined && options.user !== "root") {
      const entry = (yield* fs.readFileString(hostPath("/etc/passwd")).pipe(Effect.orElseSucceed(() => "")))
        .split("\n")
        .map((line) => line.split(":"))
        .find(([name]) => name === options.user)
      if (entry === undefined) return yield* new BoxError({ what: `the box has no user ${options.user}` })
      identity = ["setpriv", `--reuid=${entry[2]}`, `--regid=${entry[3]}`, "--init-groups", "--"]
    }
    return yield* start(
      [
        // absolute: the PATH handed on is the box's
        "/usr/bin/nsenter",
        `--target=${init}`,
        "--mount",
        "--pid",
        "--net",
        "--uts",
        "--ipc",
        "--root",
        "--wd",
        "--",
        // a session of its own, as under a service manager; setsid and setpriv exec, so the process id stays
        "setsid",
        ...identity,
        ...argv,
      ],
      { env, stdin, stop },
    )
  })

  const spawn: Box["spawn"] = Effect.fnUntraced(function* (argv, options = {}) {
    const host = yield* enter(argv, options, "open")
    if (options.stdin !== undefined) yield* host.write(options.stdin)
    const outer = eventually("the program started", inner(host), (pid) => pid > 0).pipe(
      Effect.mapError((cause) => new BoxError({ what: `${argv[0]} is not running`, cause })),
    )
    const pid = outer.pipe(
      Effect.flatMap((outside) => fs.readFileString(`/proc/${outside}/status`)),
      Effect.mapError((cause) => new BoxError({ what: `${argv[0]} is not running`, cause })),
      Effect.map((status) => Number(/^NSpid:.*\s(\d+)$/m.exec(status)?.[1])),
    )
    return { ...host, pid, signal: (name) => Effect.flatMap(outer, (outside) => signal(outside, name)) }
  })

  const run: Box["run"] = (argv, options = {}) =>
    Effect.gen(function* () {
      const host = yield* enter(argv, options, options.stdin === undefined ? "null" : "open")
      if (options.stdin !== undefined) yield* Effect.andThen(host.write(options.stdin), host.endInput)
      const exitCode = yield* host.exit.pipe(
        Effect.timeoutOrElse({
          duration: options.timeout ?? "60 seconds",
          orElse: () =>
            Effect.gen(function* () {
              return yield* new BoxTimeout({ argv, stdout: yield* host.stdout, stderr: yield* host.stderr })
            }),
        }),
      )
      // All it wrote is in the pipes by now; whoever still holds them gets no more of our time.
      yield* Effect.raceFirst(host.closed, Effect.sleep("250 millis"))
      return {
        exitCode,
        stdout: yield* host.stdout,
        stderr: yield* host.stderr,
        outputHeld: !(yield* host.isClosed),
      }
    }).pipe(Effect.scoped, onRealClock)

  const must = Effect.fnUntraced(function* (argv: Argv, options: RunOptions = {}) {
    const result = yield* run(argv, options)
    if (result.exitCode !== 0) return yield* new BoxError({ what: `${argv.join(" ")}: ${result.stderr}` })
    return result.stdout
  })

  const agentArgv = (args: ReadonlyArray<string>): Argv => [
    nodeInside,
    `${checkoutInside}/src/bin.ts`,
    ...args,
  ]
  const box: Box = {
    run,
    spawn,
    agent: (args, options) => run(agentArgv(args), options),
    agentArgv,
    writeFile: Effect.fnUntraced(function* (path, text, mode) {
      yield* must(["mkdir", "-p", "--", path.slice(0, path.lastIndexOf("/") + 1)])
      yield* must(["tee", "--", path], { stdin: text })
      if (mode !== undefined) yield* must(["chmod", mode, "--", path])
    }),
    readFile: (path) => must(["cat", "--", path]),
    exists: (path) => run(["test", "-e", path]).pipe(Effect.map(({ exitCode }) => exitCode === 0)),
    hostPath,
    reboot: Effect.gen(function* () {
      yield* run(["bash", "-c", "kill -KILL -1"])
      yield* must(["find", "/run", "-mindepth", "1", "-not", "-path", "/run/lock", "-delete"])
      yield* must(["tee", "/proc/sys/kernel/random/boot_id"], { stdin: `${Crypto.randomUUID()}\n` })
    }),
  }
  return box
}, Effect.provide(NodeServices.layer))

/** After a change to the pools under /srv/lab of a lab box: new indexes, a newer Release, new signatures. */
export const publish = (box: Box): Effect.Effect<void, BoxError> => publishArchive(box.hostPath("/srv/lab"))
