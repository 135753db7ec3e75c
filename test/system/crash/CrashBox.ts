import { assert } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Schema from "effect/Schema"
import { DatabaseSync } from "node:sqlite"
import { Command, type CommandResult } from "../../../src/domain/Command.ts"
import { eventually } from "../../eventually.ts"
import * as Box from "../lab/Box.ts"
import { makeAgentBox } from "./AgentBox.ts"

// A machine with an update of three packages that takes a while, and what the agent, dpkg and the packages' own scripts
// remember of it.

const decodeCommand = Schema.decodeUnknownSync(Command)
const decodeLedger = Schema.decodeUnknownSync(
  Schema.Struct({
    commands: Schema.Array(Schema.Struct({ id: Schema.String, finished: Schema.Int })),
    audit: Schema.Array(Schema.Struct({ id: Schema.String, event: Schema.String })),
  }),
)

export const names = ["crash-one", "crash-two", "crash-three"] as const
const before = "1.0-1"
const after = "1.1-1"

export const installation = (parameters: object) =>
  decodeCommand({
    name: "install_updates",
    parameters: {
      selection: { kind: "packages", packages: names.map((name) => ({ name, version: after })) },
      ...parameters,
    },
  })

const old = names.map((name) => `/srv/lab/pool/stable/${name}_${before}_all.deb`)

const must = Effect.fnUntraced(function* (box: Box.Box, ...argv: Box.Argv) {
  const result = yield* box.run(argv)
  assert.strictEqual(result.exitCode, 0, `${argv.join(" ")}: ${result.stderr}${result.stdout}`)
})

/** The packages, at their old versions, with the new ones in the archive. */
export const offerUpdates = Effect.fnUntraced(function* (box: Box.Box, inside: string) {
  const [, program = ""] = box.agentArgv([])
  const script = program.replace("src/bin.ts", "test/system/crash/packages.sh")
  yield* must(box, script, `${inside}/scripts.log`)
  yield* Box.publish(box)
  yield* must(box, "apt-get", "-qq", "update")
  yield* must(box, "dpkg", "-i", ...old)
})

/** Takes the update back behind the agent's back. */
export const downgrade = (box: Box.Box) =>
  must(box, "dpkg", "--force-downgrade", "--force-confold", "-i", ...old)

/** `NAME` to `VERSION STATE`, as dpkg has it. */
export const packagesOf = (box: Box.Box) =>
  box.run(["dpkg-query", "-W", "-f", "${Package} ${Version} ${db:Status-Abbrev}\n", ...names]).pipe(
    Effect.map(({ stdout }) =>
      Object.fromEntries(
        stdout.split("\n").flatMap((line) => {
          const [name = "", version = "", state = ""] = line.trim().split(" ")
          return name === "" ? [] : [[name, `${version} ${state}`]]
        }),
      ),
    ),
  )

const look = <A>(path: string, read: (database: DatabaseSync) => A) =>
  Effect.sync(() => {
    const database = new DatabaseSync(path, { readOnly: true, timeout: 5000 })
    try {
      return read(database)
    } finally {
      database.close()
    }
  })

/** What the executor whose folder this is remembers. */
export const ledgerOf = (folder: string) =>
  look(`${folder}/executor.sqlite`, (database) =>
    decodeLedger({
      commands: database
        .prepare("SELECT id, result IS NOT NULL AS finished FROM commands ORDER BY seq")
        .all(),
      audit: database.prepare("SELECT id, event FROM audit ORDER BY line").all(),
    }),
  )

/** Lines `PACKAGE SCRIPT ACTION`, one for each run of a script of the update. */
export const scriptRunsIn = (directory: string) =>
  Effect.gen(function* () {
    const files = yield* FileSystem.FileSystem
    return yield* files.readFileString(`${directory}/scripts.log`).pipe(
      Effect.map((text) => text.split("\n").filter((line) => line !== "")),
      Effect.orElseSucceed((): ReadonlyArray<string> => []),
    )
  })

export const makeCrashBox = Effect.fn("makeCrashBox")(function* (lane: string) {
  const files = yield* FileSystem.FileSystem
  const machine = yield* makeAgentBox(lane, offerUpdates)
  const { box, directory } = machine

  return {
    ...machine,
    packages: packagesOf(box),
    install: (parameters: object = {}) => machine.queue(installation(parameters)),
    examine: machine.queue(decodeCommand({ name: "health_check", parameters: {} })),
    scriptRuns: Effect.provideService(scriptRunsIn(directory), FileSystem.FileSystem, files),
    downgrade: downgrade(box),
    /** The update is not installed, nor downloaded, and nothing is asked to stop. */
    reset: Effect.gen(function* () {
      yield* downgrade(box)
      yield* must(box, "apt-get", "clean")
      yield* machine.forgetStops
      yield* files.remove(`${directory}/scripts.log`, { force: true })
    }),
    atRest: eventually(
      "no package manager is at work",
      machine.pids("manager"),
      (pids) => pids.length === 0,
      "180 seconds",
    ),
    ledger: ledgerOf(`${directory}/state-executor`),
    /** Results that the control plane could not put to a command of its own. */
    strayResults: look(`${machine.controlPlaneData}/control-plane.db`, (database) =>
      database.prepare("SELECT command_id FROM stray_results").all(),
    ),
    /** Everything that was to be delivered has been acknowledged. */
    delivered: eventually(
      "the outbox is empty",
      look(`${directory}/state/agent.sqlite`, (database) =>
        database.prepare("SELECT command_id FROM outbox").all(),
      ),
      (rows) => rows.length === 0,
      "180 seconds",
    ),
  }
})
export type CrashBox = Effect.Success<ReturnType<typeof makeCrashBox>>

export const reportOf = (result: CommandResult) =>
  result.output?.command === "install_updates" ? result.output.report : undefined

export const updated = Object.fromEntries(names.map((name) => [name, `${after} ii`]))
export const asBefore = Object.fromEntries(names.map((name) => [name, `${before} ii`]))

/** What a report has to say of a package that dpkg has in this state. */
export const outcomeOf = (state: string | undefined) =>
  state === `${after} ii` ? "installed" : state === `${before} ii` ? "unchanged" : "half_configured"
