import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as NodeServices from "@effect/platform-node/NodeServices"
import { eventually, onRealClock } from "../../eventually.ts"
import { BoxError, type HostProcess, kill, start } from "../lab/hostProcess.ts"

// A throw-away machine whose PID 1 is a real systemd, and the units of packaging/systemd in it.

const PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
const scripts = `${import.meta.dirname}/../lab`
const cache = process.env["PATCHCTL_LAB"]
const hostEnv = { PATH, LC_ALL: "C.UTF-8", ...(cache === undefined ? {} : { PATCHCTL_LAB: cache }) }

export const unitFolder = `${import.meta.dirname}/../../../packaging/systemd`

export interface Result {
  readonly exitCode: number
  readonly stdout: string
  readonly stderr: string
}

export interface SystemdBox {
  /** Runs a program in the machine, as root, in all its namespaces. Any exit code is a success of `run`. */
  readonly run: (argv: ReadonlyArray<string>, stdin?: string) => Effect.Effect<Result, BoxError>
  /** The same, but an exit code other than 0 fails; answers stdout. */
  readonly must: (argv: ReadonlyArray<string>, stdin?: string) => Effect.Effect<string, BoxError>
  readonly writeFile: (path: string, text: string, mode?: string) => Effect.Effect<void, BoxError>
  /** Process id of its PID 1 as this machine sees it. */
  readonly leader: Effect.Effect<string, BoxError>
  /** Waits until the machine has booted as PID 1 other than `leader`, and says what systemd thinks of it. */
  readonly bootedAfter: (leader: string) => Effect.Effect<string, BoxError>
}

export interface Options {
  /** Room for everything the machine writes, as tmpfs `size=` takes it. */
  readonly diskSize?: string
  /** Folders or files of this machine shown inside, read-only. */
  readonly binds?: ReadonlyArray<readonly [source: string, target: string]>
}

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

const mustOnHost = (...argv: readonly [string, ...ReadonlyArray<string>]) =>
  Effect.flatMap(onHost(argv), ({ exitCode, stdout, stderr }) =>
    exitCode === 0
      ? Effect.succeed(stdout.trim())
      : Effect.fail(new BoxError({ what: `${argv.join(" ")}: ${stderr}` })),
  )

/** Builds a root of `systemdRoot.sh` or `derivedRoot.sh` unless it is there, and answers its folder. */
export const prepare = (rootName: string) =>
  mustOnHost(
    "bash",
    `${scripts}/${/-(?:openrc|rpm)$/.test(rootName) ? "derivedRoot.sh" : "systemdRoot.sh"}`,
    "build",
    rootName,
  )

/** Boots a machine over a prepared root. It is gone, with all that runs in it, when the scope closes. */
export const make = Effect.fnUntraced(
  function* (rootName: string, options: Options = {}) {
    const lower = yield* prepare(rootName)
    const fs = yield* FileSystem.FileSystem
    // systemdBox.sh removes it with the machine, also when this process does not live to see it.
    const state = yield* fs.makeTempDirectory({ prefix: "patchctl-systemd-" })
    const supervisor = yield* start(
      [
        "bash",
        `${scripts}/systemdBox.sh`,
        "start",
        state,
        lower,
        options.diskSize ?? "2g",
        "--private-network",
        ...(options.binds ?? []).map(([source, target]) => `--bind-ro=${source}:${target}`),
      ],
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
    const leader = mustOnHost("bash", `${scripts}/systemdBox.sh`, "leader", state)

    // The shell waits in the place of nsenter, which stops itself when the program is stopped. A machine that shuts down
    // does that to all, and would then wait for a dead program that nobody collects.
    const namespaces = ["--mount", "--uts", "--ipc", "--net", "--pid", "--cgroup", "--root", "--wd"]
    const enter = [...namespaces, "--no-fork", "--", "/bin/sh", "-c", '"$@"; exit "$?"', "sh"]
    const environment = ["env", "-i", `PATH=${PATH}`, "HOME=/root", "LC_ALL=C.UTF-8", "TERM=dumb"]
    const run: SystemdBox["run"] = (argv, stdin) =>
      Effect.flatMap(leader, (pid) =>
        onHost(["nsenter", `--target=${pid}`, ...enter, ...environment, ...argv], stdin),
      )
    const must: SystemdBox["must"] = (argv, stdin) =>
      Effect.flatMap(run(argv, stdin), ({ exitCode, stdout, stderr }) =>
        exitCode === 0
          ? Effect.succeed(stdout)
          : Effect.fail(
              new BoxError({ what: `${argv.join(" ")}: exit code ${exitCode}: ${stderr}${stdout}` }),
            ),
      )
    const systemState = run(["systemctl", "is-system-running"]).pipe(
      Effect.map(({ stdout }) => stdout.trim()),
      Effect.orElseSucceed(() => "off"),
    )
    const consoleTail = fs.readFileString(`${state}/console.log`).pipe(
      Effect.map((text) => text.slice(-2000)),
      Effect.orElseSucceed(() => "no console"),
    )
    const bootedAfter: SystemdBox["bootedAfter"] = (former) =>
      eventually(
        "another PID 1",
        Effect.orElseSucceed(leader, () => former),
        (pid) => pid !== former,
      ).pipe(
        Effect.andThen(
          eventually("the machine has booted", systemState, (now) => now === "running" || now === "degraded"),
        ),
        Effect.catch((error) =>
          Effect.flatMap(Effect.all([consoleTail, supervisor.stderr]), (said) =>
            Effect.fail(new BoxError({ what: `${error.message}\n${said.join("\n")}` })),
          ),
        ),
      )
    const box: SystemdBox = {
      run,
      must,
      leader,
      bootedAfter,
      writeFile: Effect.fnUntraced(function* (path, text, mode = "644") {
        const script = 'mkdir -p "$(dirname "$1")"; cat >"$1"; chmod "$2" "$1"'
        yield* must(["sh", "-euc", script, "sh", path, mode], text)
      }),
    }
    yield* bootedAfter("none")
    return box
  },
  Effect.mapError((cause) =>
    cause instanceof BoxError ? cause : new BoxError({ what: "the machine did not start", cause }),
  ),
  Effect.provide(NodeServices.layer),
)

/** Puts the units and the user where a package puts them. */
export const installUnits = Effect.fnUntraced(function* (box: SystemdBox) {
  const fs = yield* FileSystem.FileSystem
  const names = yield* fs.readDirectory(unitFolder)
  for (const name of names) {
    const target =
      name === "patchctl.sysusers.conf"
        ? "/usr/lib/sysusers.d/patchctl.conf"
        : `/usr/lib/systemd/system/${name}`
    yield* box.writeFile(target, yield* fs.readFileString(`${unitFolder}/${name}`))
  }
  yield* box.must(["systemd-sysusers"])
  yield* box.must(["systemctl", "daemon-reload"])
}, Effect.provide(NodeServices.layer))
