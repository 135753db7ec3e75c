import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Ref from "effect/Ref"
import * as Result from "effect/Result"
import type { CommandResult } from "../../src/domain/Command.ts"
import { PlanApplier } from "../../src/executor/PlanApplier.ts"
import { Host } from "../../src/host/Host.ts"
import { Ledger } from "../../src/store/Ledger.ts"
import { claims } from "../fakes/CommandSigning.ts"
import * as FakeHost from "../fakes/FakeHost.ts"
import * as FakeReboot from "../fakes/FakeReboot.ts"
import { applied, setUp, world } from "./executorWorld.ts"

const install = (parameters: object) => ({
  name: "install_updates",
  parameters: { selection: { kind: "all" }, ...parameters },
})

const reportOf = (result: CommandResult) =>
  result.output?.command === "install_updates" ? result.output.report : assert.fail(JSON.stringify(result))

const requests = Effect.map(Effect.flatMap(FakeReboot.FakeRebootMemory, Ref.get), ({ asked }) => asked)

/** A host that runs old code in one service. */
const patched = Layer.effect(
  Host,
  Effect.map(Host, (host) => ({
    ...host,
    restartNeeded: Effect.succeed({
      required: "yes" as const,
      units: ["ssh.service"],
      programsWithoutUnit: 0,
    }),
  })),
).pipe(Layer.provide(FakeHost.layer))

describe("install_updates", () => {
  it.effect("has no result while the host restarts, and neither installs nor restarts twice", () =>
    Effect.gen(function* () {
      const { execute } = yield* setUp
      const command = claims(1, install({ reboot: "always" }))
      assert.strictEqual((yield* Effect.flip(execute(command)))._tag, "HostRestarting")
      assert.strictEqual((yield* Effect.flip(execute(command)))._tag, "StillRunning")
      assert.deepStrictEqual([(yield* applied).length, yield* requests], [1, 1])
    }).pipe(Effect.provide(world())),
  )

  it.effect("does not restart a host that need not, unless told to", () =>
    Effect.gen(function* () {
      const { execute } = yield* setUp
      const result = yield* execute(claims(1, install({ reboot: "if_required" })))
      assert.deepStrictEqual([result.status, yield* requests], ["succeeded", 0])
      assert.isUndefined(reportOf(result).restart)
    }).pipe(Effect.provide(world())),
  )

  it.effect("never gets to a restart that the policy forbids", () =>
    Effect.gen(function* () {
      const { execute } = yield* setUp
      const result = yield* execute(claims(1, install({ reboot: "always" })))
      assert.strictEqual(result.refusal?.code, "policy_denied")
      assert.deepStrictEqual([(yield* applied).length, yield* requests], [0, 0])
    }).pipe(Effect.provide(world({ policy: Result.succeed({ reboot_allowed: false }) }))),
  )

  it.effect("installs nothing that would not be done by the deadline", () =>
    Effect.gen(function* () {
      const { execute } = yield* setUp
      const late = yield* execute(claims(1, install({ deadline: "1970-01-01T00:00:33.000Z" })))
      assert.deepStrictEqual([late.status, late.problem?.code], ["failed", "out_of_time"])
      assert.strictEqual((yield* applied).length, 0)
      const early = yield* execute(claims(2, install({ deadline: "1970-01-01T00:00:36.000Z" })))
      assert.strictEqual(early.status, "succeeded")
    }).pipe(Effect.provide(world())),
  )

  it.effect("mends before it plans what is installed, except a plan that was approved", () =>
    Effect.gen(function* () {
      const { execute } = yield* setUp
      const steps = Effect.map(applied, (plans) => plans.map(({ installs }) => installs.length))
      const dry = yield* execute(claims(1, install({ dry_run: true, repair: true })))
      assert.deepStrictEqual(yield* steps, [])
      const { digest } = reportOf(dry).plan
      yield* execute(claims(2, install({ plan_digest: digest, repair: true })))
      assert.deepStrictEqual(yield* steps, [1])
    }).pipe(Effect.provide(world())),
  )

  it.effect("mends with a plan of nothing, and then installs what there is", () =>
    Effect.gen(function* () {
      const { execute } = yield* setUp
      yield* execute(claims(1, install({ repair: true })))
      assert.deepStrictEqual((yield* applied)[0]?.installs, [])
    }).pipe(Effect.provide(world())),
  )

  it.effect.each([
    ["what is to be installed", {}, [1]],
    ["that something is mended", { repair: true }, [0]],
  ] as const)("has written down %s before anything changes", ([, parameters, written]) =>
    Effect.gen(function* () {
      const ledger = yield* Ledger
      const applier = yield* PlanApplier
      const seen = yield* Ref.make<ReadonlyArray<number | undefined>>([])
      const apply: (typeof applier)["apply"] = (to, plan, options) =>
        Effect.gen(function* () {
          const [entry] = yield* Effect.orDie(ledger.unfinished)
          const installs = Option.map(entry?.plan ?? Option.none(), (known) => known.installs.length)
          yield* Ref.update(seen, (before) => [...before, Option.getOrUndefined(installs)])
          return yield* applier.apply(to, plan, options)
        })
      const { execute } = yield* Effect.provideService(setUp, PlanApplier, { apply })
      yield* execute(claims(1, install(parameters)))
      assert.deepStrictEqual(yield* Ref.get(seen), written)
    }).pipe(Effect.provide(world())),
  )

  it.effect("names the services that still run what was replaced; so does health_check", () =>
    Effect.gen(function* () {
      const { execute } = yield* setUp
      const installed = yield* execute(claims(1, install({})))
      assert.deepStrictEqual(reportOf(installed).restartNeeded?.units, ["ssh.service"])
      const { output } = yield* execute(claims(2, { name: "health_check", parameters: {} }))
      const report = output?.command === "health_check" ? output.report : assert.fail("no report")
      assert.deepStrictEqual(report.restartNeeded?.units, ["ssh.service"])
      const services = report.checks.find(({ name }) => name === "services")
      assert.deepStrictEqual(
        [services?.verdict, services?.detail],
        ["warning", "running code that was replaced: ssh.service"],
      )
    }).pipe(Effect.provide(world({ host: patched }))),
  )
})
