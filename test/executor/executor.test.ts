import { NodeCrypto, NodeFileSystem } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Ref from "effect/Ref"
import { AgentConfig } from "../../src/config/AgentConfig.ts"
import type { CommandClaims } from "../../src/protocol/CommandEnvelope.ts"
import { Executor } from "../../src/executor/Executor.ts"
import * as HostScanner from "../../src/scan/HostScanner.ts"
import { Database } from "../../src/store/Database.ts"
import { Ledger, ledgerMigrations } from "../../src/store/Ledger.ts"
import { StatusFile, StatusFileError } from "../../src/store/StatusFile.ts"
import { Trust } from "../../src/store/Trust.ts"
import { config } from "../fakes/AgentLayers.ts"
import { claims, commandId, makeSigner } from "../fakes/CommandSigning.ts"
import * as FakeHost from "../fakes/FakeHost.ts"
import * as FakeManagers from "../fakes/FakeManagers.ts"
import * as noFeed from "../fakes/noFeed.ts"
import * as noLivePatches from "../fakes/noLivePatches.ts"

const noStatus = new StatusFileError({ path: "status.json", reason: "missing", cause: "none" })

const services = (changes: Partial<typeof config> = {}) =>
  HostScanner.layer.pipe(
    Layer.provideMerge(
      Layer.mergeAll(
        FakeHost.layer,
        FakeManagers.layer,
        noFeed.layer,
        noLivePatches.layer,
        NodeCrypto.layerSecureRandom,
        NodeFileSystem.layer,
        Ledger.layer.pipe(Layer.provideMerge(Database.layer(":memory:", ledgerMigrations))),
        Layer.succeed(AgentConfig, { ...config, ...changes }),
        Layer.mock(StatusFile, { read: noStatus }),
      ),
    ),
  )

/** An executor that pins a new signer, and what it takes to give it commands. */
const setUp = Effect.gen(function* () {
  const signer = yield* makeSigner
  const trust = Layer.mock(Trust, { anchor: Effect.succeedSome(signer.anchor) })
  const executor = yield* Effect.provide(Executor, Layer.provide(Executor.layer, trust))
  const execute = (payload: CommandClaims) =>
    Effect.flatMap(signer.seal(payload), (envelope) => executor.execute(envelope, () => Effect.void))
  return { executor, execute, signer }
})

const audit = Effect.flatMap(Database, (db) => db.all("SELECT event, name, outcome FROM audit ORDER BY line"))

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
      assert.strictEqual((yield* Effect.flatMap(FakeManagers.FakeManager, Ref.get)).applied.length, 1)
    }).pipe(Effect.provide(services())),
  )

  it.effect("answers a command it has seen with the stored result and runs nothing", () =>
    Effect.gen(function* () {
      const { execute } = yield* setUp
      const first = yield* execute(claims(1, install))
      const again = yield* execute(claims(1, install))
      assert.deepStrictEqual(again.status, first.status)
      assert.isTrue(DateTime.Equivalence(again.finishedAt, first.finishedAt))
      assert.strictEqual((yield* Effect.flatMap(FakeManagers.FakeManager, Ref.get)).applied.length, 1)
    }).pipe(Effect.provide(services())),
  )

  it.effect("refuses a new command whose counter does not rise", () =>
    Effect.gen(function* () {
      const { execute } = yield* setUp
      yield* execute(claims(5, health))
      const replayed = yield* execute(claims(6, health, { seq: 5 }))
      assert.strictEqual(replayed.refusal?.code, "replayed")
      assert.strictEqual((yield* execute(claims(7, health))).status, "succeeded")
    }).pipe(Effect.provide(services())),
  )

  it.effect("plans without changing anything on a dry run", () =>
    Effect.gen(function* () {
      const { execute } = yield* setUp
      const dry = yield* execute(
        claims(1, { ...install, parameters: { ...install.parameters, dry_run: true } }),
      )
      assert.strictEqual(dry.status, "succeeded")
      assert.isTrue(dry.output?.command === "install_updates" && dry.output.report.plan.installs.length === 1)
      assert.strictEqual((yield* Effect.flatMap(FakeManagers.FakeManager, Ref.get)).applied.length, 0)
    }).pipe(Effect.provide(services())),
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
      assert.strictEqual((yield* Effect.flatMap(FakeManagers.FakeManager, Ref.get)).applied.length, 0)
      const same = yield* execute(
        claims(3, { ...install, parameters: { ...install.parameters, plan_digest: digest } }),
      )
      assert.strictEqual(same.status, "succeeded")
    }).pipe(Effect.provide(services())),
  )

  it.effect("installs nothing in the quiet period after boot, or after the deadline", () =>
    Effect.gen(function* () {
      const { execute } = yield* setUp
      const early = yield* execute(claims(1, install))
      assert.strictEqual(early.problem?.code, "quiet_period")
      assert.strictEqual((yield* Effect.flatMap(FakeManagers.FakeManager, Ref.get)).applied.length, 0)
    }).pipe(Effect.provide(services({ quiet_period_seconds: 90_000 }))),
  )

  it.effect("refuses what changes the host where read_only is set, and still answers questions", () =>
    Effect.gen(function* () {
      const { execute } = yield* setUp
      assert.strictEqual((yield* execute(claims(1, install))).refusal?.code, "read_only")
      assert.strictEqual((yield* execute(claims(2, health))).status, "succeeded")
    }).pipe(Effect.provide(services({ read_only: true }))),
  )

  it.effect("refuses to promise a reboot", () =>
    Effect.gen(function* () {
      const { execute } = yield* setUp
      const result = yield* execute(
        claims(1, { ...install, parameters: { ...install.parameters, reboot: "if_required" } }),
      )
      assert.strictEqual(result.refusal?.code, "policy_denied")
    }).pipe(Effect.provide(services())),
  )

  it.effect("gives a command that a dead executor left behind its final state before running another", () =>
    Effect.gen(function* () {
      const ledger = yield* Ledger
      yield* ledger.begin({ id: commandId(1), seq: 1, name: "install_updates", executor: "boot:999999:1" })
      const { execute } = yield* setUp
      assert.strictEqual((yield* execute(claims(2, health))).status, "succeeded")
      const left = yield* ledger.resultOf(commandId(1))
      assert.strictEqual(Option.map(left, ({ status }) => status).pipe(Option.getOrNull), "interrupted")
      assert.strictEqual((yield* execute(claims(1, install))).status, "interrupted")
      assert.strictEqual((yield* Effect.flatMap(FakeManagers.FakeManager, Ref.get)).applied.length, 0)
    }).pipe(Effect.provide(services())),
  )

  it.effect("audits every command and every refusal, and never lets a line be changed", () =>
    Effect.gen(function* () {
      const { execute, executor } = yield* setUp
      yield* execute(claims(1, health))
      yield* execute(claims(2, { name: "reboot", parameters: {} }))
      yield* executor.execute("forged", () => Effect.void)
      const lines = (yield* audit).map((row) => `${row["event"]} ${row["name"]}`)
      assert.deepStrictEqual(lines, [
        "started health_check",
        "finished health_check",
        "refused reboot",
        "refused unknown",
      ])
      const db = yield* Database
      const refused = yield* Effect.flip(db.run("UPDATE audit SET outcome = 'fine'"))
      assert.strictEqual(refused._tag, "StoreError")
    }).pipe(Effect.provide(services())),
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
    }).pipe(Effect.provide(services())),
  )
})
