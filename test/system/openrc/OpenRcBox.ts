import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as NodeServices from "@effect/platform-node/NodeServices"
import { eventually, onRealClock } from "../../eventually.ts"
import { BoxError, type HostProcess, kill, start } from "../lab/hostProcess.ts"
import { onHost, prepare, type Result } from "../systemd/SystemdBox.ts"

// A throw-away machine whose services are OpenRC's: busybox is its PID 1, as on Alpine.

const path = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
const cache = process.env["PATCHCTL_LAB"]
const hostEnv = { PATH: path, LC_ALL: "C.UTF-8", ...(cache === undefined ? {} : { PATCHCTL_LAB: cache }) }
const namespaces = ["--mount", "--uts", "--ipc", "--net", "--pid", "--cgroup", "--root", "--wd"]
const environment = ["env", "-i", `PATH=${path}`, "HOME=/root", "LC_ALL=C.UTF-8", "TERM=dumb"]

export interface OpenRcBox {
  /** Runs a program in the machine, as root, in all its namespaces. Any exit code is a success of `run`. */
  readonly run: (argv: ReadonlyArray<string>, stdin?: string) => Effect.Effect<Result, BoxError>
  /** The same, but an exit code other than 0 fails; answers stdout. */
  readonly must: (argv: ReadonlyArray<string>, stdin?: string) => Effect.Effect<string, BoxError>
  /** Starts a program that runs until the scope closes. */
  readonly start: (argv: ReadonlyArray<string>) => ReturnType<typeof start>
  readonly writeFile: (path: string, text: string, mode?: string) => Effect.Effect<void, BoxError>
}

/** Boots a machine, with folders or files of this one shown inside. It is gone when the scope closes. */
export const makeOpenRcBox = Effect.fnUntraced(
  function* (binds: ReadonlyArray<readonly [source: string, target: string]>) {
    const fs = yield* FileSystem.FileSystem
    const root = yield* prepare("bookworm-openrc")
    // openrcBox.sh removes it with the machine, also when this process does not live to see it.
    const state = yield* fs.makeTempDirectory({ prefix: "patchctl-openrc-" })
    const shown = binds.map(([source, target]) => `${source}:${target}`)
    const supervisor = yield* start(
      ["bash", `${import.meta.dirname}/openrcBox.sh`, "start", state, root, ...shown],
      {
        env: hostEnv,
        stdin: "open",
        stop: (host: HostProcess) =>
          host.endInput.pipe(
            Effect.andThen(host.exit),
            Effect.timeoutOrElse({ duration: "20 seconds", orElse: () => kill(host) }),
            onRealClock,
            Effect.asVoid,
          ),
      },
    )
    const leader = yield* eventually(
      "the machine has a PID 1",
      Effect.orElseSucceed(fs.readFileString(`${state}/leader`), () => ""),
      (pid) => pid !== "",
    )
    const inside = [`--target=${leader}`, ...namespaces, "--", ...environment] as const
    const run: OpenRcBox["run"] = (argv, stdin) => onHost(["nsenter", ...inside, ...argv], stdin)
    const must: OpenRcBox["must"] = (argv, stdin) =>
      Effect.flatMap(run(argv, stdin), ({ exitCode, stdout, stderr }) =>
        exitCode === 0
          ? Effect.succeed(stdout)
          : Effect.fail(
              new BoxError({ what: `${argv.join(" ")}: exit code ${exitCode}: ${stderr}${stdout}` }),
            ),
      )
    const box: OpenRcBox = {
      run,
      must,
      start: (argv) => start(["nsenter", ...inside, ...argv], { env: hostEnv, stdin: "null", stop: kill }),
      writeFile: Effect.fnUntraced(function* (target, text, mode = "644") {
        const script = 'mkdir -p "$(dirname "$1")"; cat >"$1"; chmod "$2" "$1"'
        yield* must(["sh", "-euc", script, "sh", target, mode], text)
      }),
    }
    yield* eventually(
      "the machine has booted",
      Effect.map(
        Effect.orElseSucceed(must(["rc-status", "--runlevel"]), () => ""),
        (text) => text.trim(),
      ),
      (level) => level === "default",
    ).pipe(
      Effect.catch((error) =>
        Effect.flatMap(Effect.all([fs.readFileString(`${state}/console.log`), supervisor.stderr]), (said) =>
          Effect.fail(new BoxError({ what: `${error.message}\n${said.join("\n")}` })),
        ),
      ),
    )
    return box
  },
  Effect.mapError((cause) =>
    cause instanceof BoxError ? cause : new BoxError({ what: "the machine did not start", cause }),
  ),
  Effect.provide(NodeServices.layer),
)
