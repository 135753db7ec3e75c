import * as Effect from "effect/Effect"
import { onRealClock } from "../../eventually.ts"
import { BoxError, type HostProcess, kill, start } from "./hostProcess.ts"

// What throw-away machines with a PID 1 of their own have in common: the program that holds one, and programs run inside.

const path = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
const cache = process.env["PATCHCTL_LAB"]

/** For programs of this machine. */
export const hostEnv = {
  PATH: path,
  LC_ALL: "C.UTF-8",
  ...(cache === undefined ? {} : { PATCHCTL_LAB: cache }),
}

/** For nsenter(1): all that a machine has of its own. */
export const namespaces = [
  "--mount",
  "--uts",
  "--ipc",
  "--net",
  "--pid",
  "--cgroup",
  "--root",
  "--wd",
] as const

/** For programs inside a machine. */
export const environment = ["env", "-i", `PATH=${path}`, "HOME=/root", "LC_ALL=C.UTF-8", "TERM=dumb"] as const

export interface Result {
  readonly exitCode: number
  readonly stdout: string
  readonly stderr: string
}

/** Runs a program to its end. Any exit code is a success. */
export type Run = (argv: ReadonlyArray<string>, stdin?: string) => Effect.Effect<Result, BoxError>

/** Runs a program of this machine to its end. */
export const onHost = (argv: readonly [string, ...ReadonlyArray<string>], stdin?: string) =>
  Effect.gen(function* () {
    const host = yield* start(argv, {
      env: hostEnv,
      stdin: stdin === undefined ? "null" : "open",
      stop: kill,
    })
    if (stdin !== undefined) yield* Effect.andThen(host.write(stdin), host.endInput)
    const exitCode = yield* host.exit
    // All it wrote is in the pipes by now. Services that it started inside a machine may hold them for ever.
    yield* Effect.timeoutOption(host.closed, "5 seconds")
    const result: Result = { exitCode, stdout: yield* host.stdout, stderr: yield* host.stderr }
    return result
  }).pipe(Effect.scoped, onRealClock)

export const mustOnHost = (...argv: readonly [string, ...ReadonlyArray<string>]) =>
  Effect.flatMap(onHost(argv), ({ exitCode, stdout, stderr }) =>
    exitCode === 0
      ? Effect.succeed(stdout.trim())
      : Effect.fail(new BoxError({ what: `${argv.join(" ")}: ${stderr}` })),
  )

/** Builds a root of `systemdRoot.sh` unless it is there, and answers its folder. */
export const prepare = (rootName: string) =>
  mustOnHost("bash", `${import.meta.dirname}/systemdRoot.sh`, "build", rootName)

/** Starts the program that holds a machine, which ends with the scope: by the end of its input, or else by force. */
export const holdMachine = (argv: readonly [string, ...ReadonlyArray<string>]) =>
  start(argv, {
    env: hostEnv,
    stdin: "open",
    stop: (host: HostProcess) =>
      host.endInput.pipe(
        Effect.andThen(host.exit),
        Effect.timeoutOrElse({ duration: "20 seconds", orElse: () => kill(host) }),
        onRealClock,
        Effect.asVoid,
      ),
  })

/** What is built on running programs in a machine. */
export const machineOf = (run: Run) => {
  const must = (argv: ReadonlyArray<string>, stdin?: string) =>
    Effect.flatMap(run(argv, stdin), ({ exitCode, stdout, stderr }) =>
      exitCode === 0
        ? Effect.succeed(stdout)
        : Effect.fail(new BoxError({ what: `${argv.join(" ")}: exit code ${exitCode}: ${stderr}${stdout}` })),
    )
  return {
    /** Runs a program in the machine, as root, in all its namespaces. Any exit code is a success of `run`. */
    run,
    /** The same, but an exit code other than 0 fails; answers stdout. */
    must,
    writeFile: Effect.fnUntraced(function* (target: string, text: string, mode = "644") {
      const script = 'mkdir -p "$(dirname "$1")"; cat >"$1"; chmod "$2" "$1"'
      yield* must(["sh", "-euc", script, "sh", target, mode], text)
    }),
  }
}
export type Machine = ReturnType<typeof machineOf>

/** A machine that does not boot says what its console and the program that holds it have said. */
export const tellConsole = <E>(console: Effect.Effect<string, E>, supervisor: HostProcess) =>
  Effect.catch((error: { readonly message: string }) =>
    Effect.flatMap(Effect.all([console, supervisor.stderr]), (said) =>
      Effect.fail(new BoxError({ what: `${error.message}\n${said.join("\n")}` })),
    ),
  )

/** Whatever kept a machine from starting, as a fault of the lab. */
export const asBoxError = (cause: unknown): BoxError =>
  cause instanceof BoxError ? cause : new BoxError({ what: "the machine did not start", cause })
