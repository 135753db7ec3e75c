import { existsSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs"
import { enableCompileCache } from "node:module"
import { dirname } from "node:path"
import { DatabaseSync, StatementSync } from "node:sqlite"

// The agent as it is, which a test can stop dead between two steps: the file `stop` beside the configuration names a
// step and a command; after it the process waits, `stopped` says that it does, and `go` lets it go on.

const config = process.argv[process.argv.indexOf("--config") + 1] ?? ""
const directory = dirname(config)
enableCompileCache(`${directory}/compile-cache`)

const pause = new Int32Array(new SharedArrayBuffer(4))

const passes = (step: string, id: string) => {
  if (!existsSync(`${directory}/stop`) || readFileSync(`${directory}/stop`, "utf8") !== `${step} ${id}`)
    return
  rmSync(`${directory}/stop`)
  writeFileSync(`${directory}/stopped.new`, String(process.pid))
  renameSync(`${directory}/stopped.new`, `${directory}/stopped`)
  while (!existsSync(`${directory}/go`)) Atomics.wait(pause, 0, 0, 20)
}

/** Steps by the statement that makes them true, when it is committed, and by what comes just before. */
const steps = [
  { sql: /^INSERT INTO commands \(id, seq, name, issuer/, after: "begun" },
  { sql: /^UPDATE commands SET plan/, after: "planned" },
  { sql: /^INSERT INTO commands \(id, seq, name, started_at/, before: "installed", after: "finished" },
  { sql: /^INSERT OR IGNORE INTO outbox/, after: "kept" },
  { sql: /^DELETE FROM outbox WHERE command_id/, before: "sent", after: "acknowledged" },
] as const

const commandIn = (values: ReadonlyArray<unknown>) =>
  values.find((value): value is string => typeof value === "string" && value.startsWith("cmd_")) ?? ""

/** The command that this process is carrying out, if it is an executor. */
let current = ""
let uncommitted: (() => void) | undefined

/** `evaluate` runs a statement with these values. */
const around = <A>(sql: string, values: ReadonlyArray<unknown>, evaluate: () => A): A => {
  const step = steps.find(({ sql: pattern }) => pattern.test(sql))
  if (step === undefined) return evaluate()
  const id = commandIn(values)
  if (step.after === "begun") current = id
  if ("before" in step) passes(step.before, id)
  const value = evaluate()
  // A plan is written down without a transaction.
  if (step.after === "planned") passes(step.after, id)
  else uncommitted = () => passes(step.after, id)
  return value
}

const heard = <Method extends (...values: Array<never>) => unknown>(method: Method): Method =>
  new Proxy(method, {
    apply: (target, self: StatementSync, values) =>
      around(self.sourceSQL, values, () => Reflect.apply(target, self, values)),
  })
StatementSync.prototype.all = heard(StatementSync.prototype.all)
StatementSync.prototype.run = heard(StatementSync.prototype.run)
DatabaseSync.prototype.exec = new Proxy(DatabaseSync.prototype.exec, {
  apply: (target, self: DatabaseSync, values: [string]) => {
    Reflect.apply(target, self, values)
    const committed = values[0] === "COMMIT" ? uncommitted : undefined
    uncommitted = undefined
    committed?.()
  },
})

/** What the executor tells of its progress: plan, download, unpack, configure. */
process.stdout.write = new Proxy(process.stdout.write, {
  apply: (target, self, values: [string]) => {
    const done: boolean = Reflect.apply(target, self, values)
    const step = /"kind":"progress","step":"(\w+)"/.exec(String(values[0]))?.[1]
    if (step !== undefined) passes(step, current)
    return done
  },
})

await import("../../../src/bin.ts")
