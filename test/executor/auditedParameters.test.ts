import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { Database } from "../../src/store/Database.ts"
import { claims } from "../fakes/CommandSigning.ts"
import { setUp, world } from "./executorWorld.ts"

const secret = "hunter2"

/** Each line of the audit log with all that is stored of it. */
const auditLines = Effect.map(
  Effect.flatMap(Database, (db) => db.all("SELECT * FROM audit ORDER BY line")),
  (rows) => rows.map((row) => JSON.stringify(row)),
)

const install = (parameters: object) => ({
  name: "install_updates",
  parameters: { selection: { kind: "all" }, ...parameters },
})

/** With a secret as a value where it does not fit. */
const values = [
  { name: "health_check", parameters: secret },
  { name: "get_package_info", parameters: { packages: [`${secret};`] } },
  { name: "check_updates", parameters: { refresh: { if_older_than_seconds: secret } } },
  install({ selection: { kind: secret } }),
  install({ selection: { kind: "packages", packages: [{ name: "bash", version: `${secret} ` }] } }),
  install({ exclude: [`-${secret}`] }),
  install({ deadline: secret }),
  install({ dry_run: secret }),
  install({ plan_digest: secret }),
  install({ reboot: secret }),
]

/** With a property that no command has, and what makes a line of a log more than one, or another. */
const names = [
  secret,
  `run ${secret}\nfinished install_updates succeeded`,
  `${secret}\0`,
  `\u001b[2J\u001b[31m${secret}\u009b1m`,
  `\u202e${secret}`,
  `${secret}${"x".repeat(100_000)}`,
].flatMap((property) => [
  install({ [property]: secret }),
  install({ selection: { kind: "all", [property]: secret } }),
  { name: "health_check", parameters: { [property]: secret } },
])

describe("of a command's parameters", () => {
  it.effect("nothing is in the audit log when they are refused, and no value in the result", () =>
    Effect.gen(function* () {
      const { execute } = yield* setUp
      for (const [at, command] of [...values, ...names].entries()) {
        const { refusal } = yield* execute(claims(at + 1, command))
        assert.strictEqual(refusal?.code, "invalid")
        assert.match(refusal?.detail ?? "", /^[\x20-\x7e]{1,400}$/)
        if (at < values.length) assert.notInclude(refusal?.detail, secret)
      }
      const lines = yield* auditLines
      assert.lengthOf(lines, values.length + names.length)
      for (const line of lines) {
        assert.include(line, '"event":"refused","outcome":"invalid"')
        assert.notInclude(line, secret)
      }
    }).pipe(Effect.provide(world())),
  )

  it.effect("nothing is in the audit log when they are good, whatever becomes of the command", () =>
    Effect.gen(function* () {
      const { execute } = yield* setUp
      const named = { kind: "packages", packages: [{ name: secret, version: "1" }] }
      const commands = [
        { name: "get_package_info", parameters: { packages: [secret] } },
        install({ selection: named, dry_run: true }),
        install({ selection: named }),
        install({ exclude: [secret] }),
        install({ plan_digest: "a".repeat(64), exclude: [secret] }),
      ]
      const statuses = yield* Effect.forEach(commands, (command, at) =>
        Effect.map(execute(claims(at + 1, command)), ({ status }) => status),
      )
      assert.includeMembers(statuses, ["succeeded", "failed"])
      const lines = yield* auditLines
      assert.lengthOf(lines, 3 * commands.length)
      for (const line of lines) assert.notInclude(line, secret)
    }).pipe(Effect.provide(world())),
  )

  it.effect("only the command's name is in the audit log, short and printable", () =>
    Effect.gen(function* () {
      const { execute } = yield* setUp
      const name = `\u001b[2Jsh\n${"x".repeat(100_000)}`
      const result = yield* execute(claims(1, { name, parameters: { script: secret } }))
      assert.strictEqual(result.refusal?.code, "unknown_command")
      const [line = ""] = yield* auditLines
      assert.include(line, `"name":"?[2Jsh?${"x".repeat(57)}"`)
      assert.notInclude(line, secret)
      assert.isBelow(line.length, 500)
    }).pipe(Effect.provide(world())),
  )
})
