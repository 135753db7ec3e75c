import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import { DatabaseSync } from "node:sqlite"
import { executorDirectory, inProcessDirectory } from "../../src/config/executorDirectory.ts"
import type { AgentConfigFile } from "../../src/config/AgentConfig.ts"
import { StatusReport } from "../../src/cli/judgeStatus.ts"
import { AgentStatus } from "../../src/domain/AgentStatus.ts"
import { appears, eventually } from "../eventually.ts"
import * as ExecutorSocket from "./ExecutorSocket.ts"
import { agentProgram, Programs, type StartOptions } from "./Programs.ts"

const decodeStatus = Schema.decodeUnknownOption(Schema.fromJsonString(AgentStatus))
const encodeJson = Schema.encodeSync(Schema.fromJsonString(Schema.Unknown))

export const decodeReport = Schema.decodeUnknownEffect(Schema.fromJsonString(StatusReport))

const AuditRow = Schema.Struct({
  id: Schema.String,
  event: Schema.String,
  outcome: Schema.String,
})
const LedgerRow = Schema.Struct({ id: Schema.String, executor: Schema.String, finished: Schema.Int })
const LedgerRows = Schema.Struct({ commands: Schema.Array(LedgerRow), audit: Schema.Array(AuditRow) })
const decodeLedger = Schema.decodeUnknownSync(LedgerRows)

/** What the executors of a state directory have begun (a refusal has no counter), and what they have told the audit log; throws before the first. */
const readLedger = (state: string) => {
  const database = new DatabaseSync(`${executorDirectory(state)}/executor.sqlite`, {
    readOnly: true,
    timeout: 5000,
  })
  try {
    return decodeLedger({
      commands: database
        .prepare(
          "SELECT id, executor, result IS NOT NULL AS finished FROM commands WHERE seq > 0 ORDER BY seq",
        )
        .all(),
      audit: database.prepare("SELECT id, event, outcome FROM audit ORDER BY line").all(),
    })
  } finally {
    database.close()
  }
}

/** There is no ledger yet, or it is damaged. */
export class LedgerUnreadable extends Schema.TaggedError<LedgerUnreadable>()("LedgerUnreadable", {
  cause: Schema.Defect(),
}) {
  override get message() {
    return "the executor's ledger cannot be read"
  }
}

export const licenseKey = "pk_live_0123456789abcdef"

/** Only a daemon that is root starts executors itself. */
const naturalWay = process.geteuid?.() === 0 ? "spawn" : "socket"

/**
 * A configuration and a state directory of their own, for an agent that beats every second. The way to its executor is
 * the one that this user has, unless another is asked for.
 */
export const makeAgentHome = Effect.fn("makeAgentHome")(function* (
  keys: Partial<typeof AgentConfigFile.Encoded>,
  way: "spawn" | "socket" | "in_process" = naturalWay,
) {
  const files = yield* FileSystem.FileSystem
  const programs = yield* Programs
  const directory = yield* files.makeTempDirectory({ directory: programs.directory, prefix: "agent-" })
  const path = `${directory}/config.json`
  const state = `${directory}/state`
  const content = {
    license_key: licenseKey,
    state_directory: state,
    heartbeat_seconds: 1,
    refresh: "never",
    quiet_period_seconds: 0,
    no_proxy: ["*"],
    ...keys,
  }
  yield* files.writeFileString(path, encodeJson(content), { mode: 0o600 })

  const status = files.readFileString(`${state}/status.json`).pipe(
    Effect.map(decodeStatus),
    Effect.orElseSucceed(() => Option.none<AgentStatus>()),
  )

  const env = { PATCHCTL_EXECUTOR_SOCKET: `${directory}/executor.sock` }
  const executors =
    way === "socket"
      ? yield* ExecutorSocket.listen(
          env.PATCHCTL_EXECUTOR_SOCKET,
          [agentProgram, "--config", path, "execute"],
          {
            PATH: process.env["PATH"],
            NODE_COMPILE_CACHE: `${programs.directory}/compile-cache`,
          },
        )
      : undefined

  return {
    path,
    state,
    socket: env.PATCHCTL_EXECUTOR_SOCKET,
    /** Where the executor keeps ledger and keys. */
    executor: way === "in_process" ? inProcessDirectory(state) : executorDirectory(state),
    /** The executors that the socket has started, if there is one. */
    executors: executors?.pids ?? Effect.succeed([]),
    /** The daemon; ends with the scope. */
    start: (options: StartOptions = {}) =>
      programs.start(agentProgram, ["--config", path, "run"], {
        ...options,
        env: { ...env, ...options.env },
      }),
    /** Another verb of the same program, to its end. */
    run: (args: ReadonlyArray<string>, options?: StartOptions) =>
      programs.run(agentProgram, ["--config", path, ...args], {
        ...options,
        env: { ...env, ...options?.env },
      }),
    /** The daemon's own last word. */
    status,
    /** Waits until the daemon `pid` says so of itself. */
    says: (what: string, pid: number, holds: (status: AgentStatus) => boolean) =>
      appears(
        what,
        Effect.map(
          status,
          Option.filter((known) => known.pid === pid && holds(known)),
        ),
      ),
    ledger: Effect.try({
      try: () => readLedger(state),
      catch: (cause) => new LedgerUnreadable({ cause }),
    }),
  }
})
export type AgentHome = Effect.Success<ReturnType<typeof makeAgentHome>>

/** How the loop `name` is. */
export const loopOf = ({ loops }: AgentStatus, name: string) => loops.find((loop) => loop.name === name)

/** Its last heartbeat was accepted. */
export const isBeating = (status: AgentStatus) => {
  const beat = loopOf(status, "heartbeat")
  return beat?.lastSuccessAt !== undefined && beat.consecutiveFailures === 0
}

/** Waits until the daemon has enrolled and beaten, and gives its name. */
export const enrolledAs = (home: AgentHome, pid: number) =>
  Effect.flatMap(
    home.says("the agent is enrolled and beats", pid, (status) => isBeating(status)),
    ({ agentId }) => Effect.fromNullishOr(agentId),
  )

/** Memory of a running process in MiB: now, and at most so far. */
export const memoryOf = Effect.fnUntraced(function* (pid: number) {
  const files = yield* FileSystem.FileSystem
  const text = yield* files.readFileString(`/proc/${pid}/status`)
  const field = (name: string) => Number(new RegExp(`^${name}:\\s+(\\d+) kB`, "m").exec(text)?.[1]) / 1024
  return { now: field("VmRSS"), most: field("VmHWM") }
})

/** Waits until the program has logged this. */
export const logged = (program: { readonly stderr: Effect.Effect<string> }, text: string) =>
  eventually(`the log says ${text}`, program.stderr, (log) => log.includes(text))
