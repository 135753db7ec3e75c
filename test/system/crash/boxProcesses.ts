import * as Effect from "effect/Effect"
import { readdirSync, readFileSync, readlinkSync } from "node:fs"

// The processes of a box as the host sees them: looked at and killed in one moment, as nothing could from inside.

export interface BoxProcessLine {
  /** As the host counts. */
  readonly pid: number
  readonly argv: ReadonlyArray<string>
}

const attempt = <A>(evaluate: () => A): A | undefined => {
  try {
    return evaluate()
  } catch {
    return undefined
  }
}

/** Everything that runs in the pid namespace of `init`. */
const processesNow = (init: string): ReadonlyArray<BoxProcessLine> => {
  const namespace = attempt(() => readlinkSync(`/proc/${init}/ns/pid`))
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name) && attempt(() => readlinkSync(`/proc/${name}/ns/pid`)) === namespace)
    .map((name) => ({
      pid: Number(name),
      argv: (attempt(() => readFileSync(`/proc/${name}/cmdline`, "utf8")) ?? "").split("\0"),
    }))
}

export type Part = "daemon" | "executor" | "manager"

const parts: Readonly<Record<Part, (argv: ReadonlyArray<string>) => boolean>> = {
  daemon: (argv) => argv[1]?.endsWith("/stoppableAgent.mjs") === true && argv.includes("run"),
  executor: (argv) => argv[1]?.endsWith("/stoppableAgent.mjs") === true && argv.includes("execute"),
  manager: ([program = ""]) => /(?:^|\/)(?:apt-get|dpkg|dpkg-deb)$/.test(program),
}

const pidsNow = (init: string, some: ReadonlyArray<Part>) =>
  processesNow(init)
    .filter(({ argv }) => some.some((part) => parts[part](argv)))
    .map(({ pid }) => pid)

/** Process ids, as the host counts, of some parts of an agent in a box. */
export const pidsOf = (init: string, some: ReadonlyArray<Part>) => Effect.sync(() => pidsNow(init, some))

/** `kill -9` of all of them at once; answers how many there were. */
export const killAll = (init: string, some: ReadonlyArray<Part>) =>
  Effect.sync(() => {
    const pids = pidsNow(init, some)
    for (const pid of pids) attempt(() => process.kill(pid, "SIGKILL"))
    return pids.length
  })
