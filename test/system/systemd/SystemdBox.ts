import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as NodeServices from "@effect/platform-node/NodeServices"
import { eventually } from "../../eventually.ts"
import type { BoxError } from "../lab/hostProcess.ts"
import {
  asBoxError,
  environment,
  holdMachine,
  type Machine,
  machineOf,
  mustOnHost,
  namespaces,
  onHost,
  prepare,
  tellConsole,
} from "../lab/machine.ts"

// A throw-away machine whose PID 1 is a real systemd, and the units of packaging/systemd in it.

const scripts = `${import.meta.dirname}/../lab`

export const unitFolder = `${import.meta.dirname}/../../../packaging/systemd`

export interface SystemdBox extends Machine {
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

/** Boots a machine over a prepared root. It is gone, with all that runs in it, when the scope closes. */
export const make = Effect.fnUntraced(
  function* (rootName: string, options: Options = {}) {
    const lower = yield* prepare(rootName)
    const fs = yield* FileSystem.FileSystem
    // systemdBox.sh removes it with the machine, also when this process does not live to see it.
    const state = yield* fs.makeTempDirectory({ prefix: "patchctl-systemd-" })
    const supervisor = yield* holdMachine([
      "bash",
      `${scripts}/systemdBox.sh`,
      "start",
      state,
      lower,
      options.diskSize ?? "2g",
      "--private-network",
      ...(options.binds ?? []).map(([source, target]) => `--bind-ro=${source}:${target}`),
    ])
    const leader = mustOnHost("bash", `${scripts}/systemdBox.sh`, "leader", state)

    // The shell waits in the place of nsenter, which stops itself when the program is stopped. A machine that shuts down
    // does that to all, and would then wait for a dead program that nobody collects.
    const enter = [...namespaces, "--no-fork", "--", "/bin/sh", "-c", '"$@"; exit "$?"', "sh"]
    const machine = machineOf((argv, stdin) =>
      Effect.flatMap(leader, (pid) =>
        onHost(["nsenter", `--target=${pid}`, ...enter, ...environment, ...argv], stdin),
      ),
    )
    const systemState = machine.run(["systemctl", "is-system-running"]).pipe(
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
        tellConsole(consoleTail, supervisor),
      )
    const box: SystemdBox = { ...machine, leader, bootedAfter }
    yield* bootedAfter("none")
    return box
  },
  Effect.mapError(asBoxError),
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
