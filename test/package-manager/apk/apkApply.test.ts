import { assert, describe, it } from "@effect/vitest"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { InstallUpdates } from "../../../src/domain/Command.ts"
import { Subprocess, SubprocessError, type SubprocessRequest } from "../../../src/host/Subprocess.ts"
import { makeAs } from "../../../src/package-manager/apk/ApkPackageManager.ts"
import { apkPaths } from "../../../src/package-manager/apk/apkCommands.ts"
import * as FileSystem from "effect/FileSystem"
import { from, stateOf, to } from "./alpineScenarios.ts"
import { FakeAlpine } from "./FakeAlpine.ts"
import { generations, recorded } from "./recordings.ts"

const all = Schema.decodeSync(InstallUpdates)({ selection: { kind: "all" } })

type Answer = ReturnType<typeof recorded> | SubprocessError | undefined

/** A host and its backend; `instead` answers a real transaction in apk's place. */
const hostWith = Effect.fnUntraced(function* (
  generation: 2 | 3,
  instead: (request: SubprocessRequest, host: FakeAlpine) => Answer = () => undefined,
  isRoot = true,
) {
  const now = yield* Clock.currentTimeMillis
  const host = new FakeAlpine(generation, stateOf("failing scriptlet"), now)
  const run = (request: SubprocessRequest) => {
    const answer = request.args.includes("--wait") ? instead(request, host) : undefined
    if (answer === undefined) return host.service.run(request)
    return answer instanceof SubprocessError ? Effect.fail(answer) : Effect.succeed(answer)
  }
  const manager = yield* makeAs(isRoot).pipe(
    Effect.provideService(Subprocess, Subprocess.of({ run })),
    Effect.provideService(FileSystem.FileSystem, host.files.service),
  )
  return { host, manager, now }
})

const quietly = { repair: false, report: () => Effect.void }

const outcomes = (report: { readonly outcomes: ReadonlyArray<{ name: string; outcome: string }> }) =>
  Object.fromEntries(report.outcomes.map(({ name, outcome }) => [name, outcome]))

describe("an upgrade", () => {
  it.effect.each(generations)(
    "by apk %i is one transaction of named packages and present indexes",
    (generation) =>
      Effect.gen(function* () {
        const { host, manager } = yield* hostWith(generation)
        const world = host.files.all.get(apkPaths.world)
        const { plan } = yield* manager.plan(all)
        const steps: Array<string> = []
        const report = yield* manager.apply(plan, {
          ...quietly,
          report: (progress) => Effect.sync(() => void steps.push(`${progress.package} ${progress.percent}`)),
        })
        assert.deepStrictEqual(outcomes(report), {
          innocent1: "installed",
          "lab-failpost": "half_configured",
        })
        assert.match(report.outcomes[1]?.message ?? "", /lab-failpost-1.1-r0.post-upgrade: .*error 3/)
        assert.deepStrictEqual(host.runs, [
          ["upgrade", "--wait", "180", "--cache-max-age", "5256000", "innocent1", "lab-failpost"],
        ])
        assert.deepStrictEqual(steps, ["innocent1 0", "lab-failpost 50"])
        assert.strictEqual(host.files.all.get(apkPaths.world), world)
        assert.strictEqual(report.evidence[0]?.exitCode, 1)
      }),
  )

  it.effect.each(generations)("that apk %i refuses as a whole is not tried in parts", (generation) =>
    Effect.gen(function* () {
      let runs = 0
      const { host, manager } = yield* hostWith(generation, () => {
        runs += 1
        return recorded(generation, "upgrade-refused-by-hook")
      })
      const { plan } = yield* manager.plan(all)
      const report = yield* manager.apply(plan, quietly)
      assert.deepStrictEqual(outcomes(report), { innocent1: "failed", "lab-failpost": "failed" })
      assert.match(report.outcomes[0]?.message ?? "", /exited with error 5/)
      assert.deepStrictEqual([runs, host.version("innocent1")], [1, from])
    }),
  )

  it.effect.each(generations)("that waits in vain for the lock of apk %i changed nothing", (generation) =>
    Effect.gen(function* () {
      const { manager } = yield* hostWith(generation, (_, host) => {
        host.lock(4711, 0)
        return recorded(generation, "upgrade-locked-after-waiting")
      })
      const { plan } = yield* manager.plan(all)
      const report = yield* manager.apply(plan, quietly)
      assert.deepStrictEqual(outcomes(report), { innocent1: "unchanged", "lab-failpost": "unchanged" })
      assert.deepStrictEqual(
        report.preflight.map(({ code, holder }) => [code, holder?.pid, holder?.program]),
        [["locked", 4711, "apk"]],
      )
    }),
  )

  it.effect("whose time is up is left to itself", () =>
    Effect.gen(function* () {
      let left: SubprocessRequest["onTimeout"]
      const { manager } = yield* hostWith(3, (request) => {
        left = request.onTimeout
        return new SubprocessError({ program: "apk", reason: "timed_out" })
      })
      const { plan } = yield* manager.plan(all)
      const report = yield* manager.apply(plan, quietly)
      assert.strictEqual(left, "leave")
      assert.match(report.outcomes[0]?.message ?? "", /was left running/)
    }),
  )

  it.effect("that is no longer what was planned is not started", () =>
    Effect.gen(function* () {
      const { host, manager } = yield* hostWith(3)
      const { plan } = yield* manager.plan(all)
      host.offered = host.offered.map((row) => ({ ...row, version: "1.2-r0" }))
      const report = yield* manager.apply(plan, quietly)
      assert.deepStrictEqual(
        report.preflight.map(({ code }) => code),
        ["plan_changed"],
      )
      assert.deepStrictEqual(host.runs, [])
    }),
  )

  it.effect("lists the configuration files that were put beside local ones", () =>
    Effect.gen(function* () {
      const { manager } = yield* hostWith(3, (_, host) => {
        host.files.write("/etc/lab/app.conf.apk-new", "", 1)
        return undefined
      })
      const { plan } = yield* manager.plan(all)
      const report = yield* manager.apply(plan, quietly)
      assert.deepStrictEqual(report.newConfigurationFiles, ["/etc/lab/app.conf.apk-new"])
    }),
  )

  it.effect("needs root", () =>
    Effect.gen(function* () {
      const { manager } = yield* hostWith(3, undefined, false)
      const { plan, preflight } = yield* manager.plan(all)
      assert.deepStrictEqual(
        preflight.map(({ code }) => code),
        ["not_root"],
      )
      assert.strictEqual((yield* Effect.flip(manager.apply(plan, quietly))).reason, "needs_root")
    }),
  )
})

describe("a repair", () => {
  it.effect.each(generations)("by apk %i installs broken packages once more before the rest", (generation) =>
    Effect.gen(function* () {
      const { host, manager } = yield* hostWith(generation)
      const { plan } = yield* manager.plan(all)
      yield* manager.apply(plan, quietly)
      host.offered = [
        { name: "innocent1", version: "1.2-r0" },
        { name: "lab-failpost", version: to },
      ]
      const again = yield* manager.plan({ ...all, repair: true })
      const report = yield* manager.apply(again.plan, { ...quietly, repair: true })
      assert.deepStrictEqual(
        host.runs.slice(1).map((args) => `${args[0]} ${args.at(-1)}`),
        ["fix lab-failpost", "upgrade innocent1"],
      )
      assert.deepStrictEqual(outcomes(report), { innocent1: "installed" })
    }),
  )
})
