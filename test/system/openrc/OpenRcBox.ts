import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as NodeServices from "@effect/platform-node/NodeServices"
import { eventually } from "../../eventually.ts"
import { kill, start } from "../lab/hostProcess.ts"
import {
  asBoxError,
  environment,
  holdMachine,
  hostEnv,
  type Machine,
  machineOf,
  namespaces,
  onHost,
  prepare,
  tellConsole,
} from "../lab/machine.ts"

// A throw-away machine whose services are OpenRC's: busybox is its PID 1, as on Alpine.

export interface OpenRcBox extends Machine {
  /** Starts a program that runs until the scope closes. */
  readonly start: (argv: ReadonlyArray<string>) => ReturnType<typeof start>
}

/** Boots a machine, with folders or files of this one shown inside. It is gone when the scope closes. */
export const makeOpenRcBox = Effect.fnUntraced(
  function* (binds: ReadonlyArray<readonly [source: string, target: string]>) {
    const fs = yield* FileSystem.FileSystem
    const root = yield* prepare("bookworm-openrc")
    // openrcBox.sh removes it with the machine, also when this process does not live to see it.
    const state = yield* fs.makeTempDirectory({ prefix: "patchctl-openrc-" })
    const shown = binds.map(([source, target]) => `${source}:${target}`)
    const supervisor = yield* holdMachine([
      "bash",
      `${import.meta.dirname}/openrcBox.sh`,
      "start",
      state,
      root,
      ...shown,
    ])
    const leader = yield* eventually(
      "the machine has a PID 1",
      Effect.orElseSucceed(fs.readFileString(`${state}/leader`), () => ""),
      (pid) => pid !== "",
    )
    const inside = [`--target=${leader}`, ...namespaces, "--", ...environment] as const
    const box: OpenRcBox = {
      ...machineOf((argv, stdin) => onHost(["nsenter", ...inside, ...argv], stdin)),
      start: (argv) => start(["nsenter", ...inside, ...argv], { env: hostEnv, stdin: "null", stop: kill }),
    }
    yield* eventually(
      "the machine has booted",
      Effect.map(
        Effect.orElseSucceed(box.must(["rc-status", "--runlevel"]), () => ""),
        (text) => text.trim(),
      ),
      (level) => level === "default",
    ).pipe(tellConsole(fs.readFileString(`${state}/console.log`), supervisor))
    return box
  },
  Effect.mapError(asBoxError),
  Effect.provide(NodeServices.layer),
)
