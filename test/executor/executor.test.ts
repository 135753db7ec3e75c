import { assert, describe, it } from "@effect/vitest"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Ref from "effect/Ref"
import * as TestClock from "effect/testing/TestClock"
import { Database } from "../../src/store/Database.ts"
import { claims, commandId, otherAgentId } from "../fakes/CommandSigning.ts"
import * as FakeManagers from "../fakes/FakeManagers.ts"
import { applied, audit, leftBehind, setUp, statusOf, world } from "./executorWorld.ts"

const install = { name: "install_updates", parameters: { selection: { kind: "all" } } }
const health = { name: "health_check", parameters: {} }

describe("Executor", () => {
  it.effect("carries out each of the four commands", () =>
    Effect.gen(function* () {
      const { execute } = yield* setUp
      const commands = [
        { name: "check_updates", parameters: {} },
        health,
        { name: "get_package_info", parameters: { packages: ["bash", "nowhere"] } },
        install,
      ]
      for (const [n, command] of commands.entries()) {
        const result = yield* execute(claims(n + 1, command))
        assert.strictEqual(result.status, "succeeded", JSON.stringify(result))
        assert.strictEqual(result.output?.command, command.name)
      }
      assert.strictEqual((yield* applied).length, 1)
    }).pipe(Effect.provide(world())),
  )

  it.effect("answers a command it has seen with the stored result and runs nothing", () =>
    Effect.gen(function* () {
      const { execute } = yield* setUp
      const first = yield* execute(claims(1, install))
      const again = yield* execute(claims(1, install))
      assert.deepStrictEqual(again.status, first.status)
      assert.isTrue(DateTime.Equivalence(again.finishedAt, first.finishedAt))
      assert.strictEqual((yield* applied).length, 1)
    }).pipe(Effect.provide(world())),
  )

  it.effect("refuses a new command whose counter does not rise", () =>
    Effect.gen(function* () {
      const { execute } = yield* setUp
      yield* execute(claims(5, health))
      const replayed = yield* execute(claims(6, health, { seq: 5 }))
      assert.strictEqual(replayed.refusal?.code, "replayed")
      assert.strictEqual((yield* execute(claims(7, health))).status, "succeeded")
    }).pipe(Effect.provide(world())),
  )

  it.effect("plans without changing anything on a dry run", () =>
    Effect.gen(function* () {
      const { execute } = yield* setUp
      const dry = yield* execute(
        claims(1, { ...install, parameters: { ...install.parameters, dry_run: true } }),
      )
      assert.strictEqual(dry.status, "succeeded")
      assert.isTrue(dry.output?.command === "install_updates" && dry.output.report.plan.installs.length === 1)
      assert.strictEqual((yield* applied).length, 0)
    }).pipe(Effect.provide(world())),
  )

  it.effect("applies exactly the plan with the digest it was given, or nothing", () =>
    Effect.gen(function* () {
      const { execute } = yield* setUp
      const dry = yield* execute(
        claims(1, { ...install, parameters: { ...install.parameters, dry_run: true } }),
      )
      const digest = dry.output?.command === "install_updates" ? dry.output.report.plan.digest : ""
      const other = yield* execute(
        claims(2, { ...install, parameters: { ...install.parameters, plan_digest: "0".repeat(64) } }),
      )
      assert.strictEqual(other.status, "failed")
      assert.strictEqual(other.problem?.code, "plan_changed")
      assert.strictEqual((yield* applied).length, 0)
      const same = yield* execute(
        claims(3, { ...install, parameters: { ...install.parameters, plan_digest: digest } }),
      )
      assert.strictEqual(same.status, "succeeded")
    }).pipe(Effect.provide(world())),
  )

  it.effect("installs nothing in the quiet period after boot", () =>
    Effect.gen(function* () {
      const { execute } = yield* setUp
      const early = yield* execute(claims(1, install))
      assert.strictEqual(early.problem?.code, "quiet_period")
      assert.strictEqual((yield* applied).length, 0)
    }).pipe(Effect.provide(world({ config: { quiet_period_seconds: 90_000 } }))),
  )

  it.effect("installs nothing once the deadline has passed", () =>
    Effect.gen(function* () {
      const { execute } = yield* setUp
      const parameters = { ...install.parameters, deadline: "1969-12-31T23:59:59.000Z" }
      const late = yield* execute(claims(1, { ...install, parameters }))
      assert.deepStrictEqual([late.status, late.problem?.code], ["failed", "deadline_passed"])
      assert.strictEqual((yield* applied).length, 0)
    }).pipe(Effect.provide(world())),
  )

  it.effect("tells the audit log nothing of what a command holds", () =>
    Effect.gen(function* () {
      const { execute, hand, signer } = yield* setUp
      const named = (name: string) => ({ name: "get_package_info", parameters: { packages: [name] } })
      yield* execute(claims(1, named("marker")))
      yield* execute(claims(2, named("marker"), { aud: otherAgentId }))
      const forged = yield* signer.seal(claims(3, named("marker")), { kid: "marker" })
      yield* hand(forged)
      const db = yield* Database
      const rows = yield* db.all("SELECT * FROM audit")
      assert.strictEqual(rows.length, 5)
      const written = rows.flatMap((row) => Object.values(row).map(String)).join("\n")
      assert.notInclude(written, "marker")
      for (const part of forged.split(".")) assert.notInclude(written, part)
    }).pipe(Effect.provide(world())),
  )

  it.effect("refuses what changes the host where read_only is set, and still answers questions", () =>
    Effect.gen(function* () {
      const { execute } = yield* setUp
      assert.strictEqual((yield* execute(claims(1, install))).refusal?.code, "read_only")
      const look = { name: "check_updates", parameters: {} } as const
      assert.strictEqual((yield* execute(claims(2, look))).refusal?.code, "read_only")
      assert.strictEqual((yield* execute(claims(3, health))).status, "succeeded")
      const lookOnly = { name: "check_updates", parameters: { refresh: "never" } } as const
      assert.isUndefined((yield* execute(claims(4, lookOnly))).refusal)
      const plan = { ...install, parameters: { ...install.parameters, dry_run: true } }
      assert.isUndefined((yield* execute(claims(5, plan))).refusal)
      assert.lengthOf(yield* applied, 0)
    }).pipe(Effect.provide(world({ config: { read_only: true } }))),
  )

  it.effect("keeps a refusal as the one result: what is refused today is not carried out tomorrow", () =>
    Effect.gen(function* () {
      const { execute } = yield* setUp
      const early = claims(1, install, { iat: 3000, nbf: 3000, exp: 9000 })
      assert.strictEqual((yield* execute(early)).refusal?.code, "not_yet_valid")
      yield* TestClock.adjust("1 hour")
      assert.strictEqual((yield* execute(early)).refusal?.code, "not_yet_valid")
      assert.strictEqual((yield* applied).length, 0)
    }).pipe(Effect.provide(world())),
  )

  it.effect("gives a command that a dead executor left behind its final state before running another", () =>
    Effect.gen(function* () {
      yield* leftBehind({ id: commandId(1) })
      const { execute } = yield* setUp
      assert.strictEqual((yield* execute(claims(2, health))).status, "succeeded")
      assert.strictEqual(yield* statusOf(commandId(1)), "interrupted")
      assert.strictEqual((yield* execute(claims(1, install))).status, "interrupted")
      assert.strictEqual((yield* applied).length, 0)
    }).pipe(Effect.provide(world())),
  )

  it.effect("puts no refusal in the place of a result that a command has, or has to come", () =>
    Effect.gen(function* () {
      const { execute } = yield* setUp
      const elsewhere = { aud: otherAgentId }
      const first = yield* execute(claims(1, health))
      assert.deepStrictEqual(yield* execute(claims(1, health, elsewhere)), first)
      yield* leftBehind({ id: commandId(2), seq: 2 })
      assert.strictEqual((yield* execute(claims(2, install, elsewhere))).status, "interrupted")
      assert.strictEqual((yield* execute(claims(3, health, elsewhere))).refusal?.code, "wrong_audience")
    }).pipe(Effect.provide(world())),
  )

  it.effect("audits every command and every refusal once, and never lets a line be changed", () =>
    Effect.gen(function* () {
      const { execute, hand } = yield* setUp
      for (let time = 0; time < 3; time += 1) {
        yield* execute(claims(1, health))
        yield* execute(claims(2, { name: "reboot", parameters: {} }))
        yield* hand("forged")
      }
      assert.deepStrictEqual(
        (yield* audit).map(({ line }) => line),
        [
          "received health_check",
          "started health_check",
          "finished health_check",
          "refused reboot",
          "refused unknown",
        ],
      )
      const db = yield* Database
      assert.strictEqual((yield* Effect.flip(db.run("UPDATE audit SET outcome = 'fine'")))._tag, "StoreError")
      assert.strictEqual((yield* Effect.flip(db.run("DELETE FROM audit")))._tag, "StoreError")
    }).pipe(Effect.provide(world())),
  )

  it.effect("reports what a package manager could not do as a failed or partial result", () =>
    Effect.gen(function* () {
      const memory = yield* FakeManagers.FakeManager
      yield* Ref.update(memory, (known) => ({
        ...known,
        failing: new Set(["refresh", "plan", "describe"] as const),
      }))
      const { execute } = yield* setUp
      const check = yield* execute(claims(1, { name: "check_updates", parameters: {} }))
      assert.strictEqual(check.status, "partial")
      assert.match(check.problem?.detail ?? "", /apt refresh/)
      assert.strictEqual((yield* execute(claims(2, install))).status, "failed")
      const info = yield* execute(claims(3, { name: "get_package_info", parameters: { packages: ["bash"] } }))
      assert.strictEqual(info.status, "failed")
    }).pipe(Effect.provide(world())),
  )
})
