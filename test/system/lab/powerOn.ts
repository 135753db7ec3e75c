import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Path from "effect/Path"
import * as Crypto from "node:crypto"
import { eventually, onRealClock } from "../../eventually.ts"
import { BoxError, kill, start } from "./hostProcess.ts"

export interface MakeOptions {
  /** "none" (default): an empty network namespace with loopback up. "host": the host's network. */
  readonly network?: "none" | "host"
  /** Room for everything the box writes, as tmpfs `size=` takes it. What the box sees as the size of its disk. */
  readonly diskSize?: string
  /** Further host paths to show inside. */
  readonly binds?: ReadonlyArray<{
    readonly source: string
    readonly target: string
    readonly writable?: boolean
  }>
}

export const PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
export const checkoutInside = "/opt/lab/checkout"
export const nodeInside = "/opt/lab/node"
const scripts = import.meta.dirname
const cache = process.env["PATCHCTL_LAB"]
const hostEnv = { PATH, LC_ALL: "C.UTF-8", ...(cache === undefined ? {} : { PATCHCTL_LAB: cache }) }

const roots = (...args: ReadonlyArray<string>): Effect.Effect<string, BoxError> =>
  Effect.gen(function* () {
    const script = yield* start(["bash", `${scripts}/roots.sh`, ...args], {
      env: hostEnv,
      stdin: "null",
      stop: kill,
    })
    const code = yield* script.exit
    yield* script.closed
    if (code !== 0) return yield* new BoxError({ what: yield* script.stderr })
    return (yield* script.stdout).trim()
  }).pipe(Effect.scoped)

/** Builds a root unless it is there (`roots.sh build`) and answers its folder. */
export const prepare = (rootName: string): Effect.Effect<string, BoxError> => roots("build", rootName)

/** Starts PID 1 of a box; it and everything in its namespaces ends when its stdin does. */
export const powerOn = Effect.fnUntraced(
  function* (root: string, options: MakeOptions) {
    const fs = yield* FileSystem.FileSystem
    const path = yield* Path.Path
    const mountPoint = path.join(path.dirname(root), "mnt")
    yield* fs.makeDirectory(mountPoint, { recursive: true })
    const binds = [
      { source: path.join(scripts, "../../.."), target: checkoutInside, writable: false },
      { source: yield* fs.realPath(process.execPath), target: nodeInside, writable: false },
      ...(options.binds ?? []),
    ]
    const init = yield* start(
      [
        "unshare",
        "--mount",
        "--pid",
        "--fork",
        "--kill-child",
        "--uts",
        "--ipc",
        ...(options.network === "host" ? [] : ["--net"]),
        "--",
        "bash",
        `${scripts}/box-init.sh`,
        root,
        mountPoint,
        options.diskSize ?? "2g",
        "box",
        Crypto.randomUUID(),
        ...binds.flatMap(({ source, target, writable }) => [source, target, writable === true ? "rw" : "ro"]),
      ],
      {
        env: hostEnv,
        stdin: "open",
        stop: (host) =>
          host.endInput.pipe(
            Effect.andThen(host.exit),
            Effect.timeoutOrElse({ duration: "10 seconds", orElse: () => kill(host) }),
            onRealClock,
            Effect.asVoid,
          ),
      },
    )
    const first = yield* Effect.raceFirst(
      eventually("the box is up", init.stdout, (said) => said.endsWith("\n"), "30 seconds"),
      init.exit.pipe(Effect.as("")),
    )
    const pid = /^ready (\d+)$/m.exec(first)?.[1]
    return pid ?? (yield* new BoxError({ what: `the box did not start: ${yield* init.stderr}` }))
  },
  Effect.mapError((cause) =>
    cause instanceof BoxError ? cause : new BoxError({ what: "the box did not start", cause }),
  ),
)

/** Re-indexes and re-signs a lab archive (`roots.sh publish`), given as a folder of the host. */
export const publishArchive = (folder: string): Effect.Effect<void, BoxError> =>
  roots("publish", folder).pipe(Effect.asVoid)
