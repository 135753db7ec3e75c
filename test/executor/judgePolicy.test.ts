import { assert, describe, it } from "@effect/vitest"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Ref from "effect/Ref"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import * as TestClock from "effect/testing/TestClock"
import { Command, PackageSelection } from "../../src/domain/Command.ts"
import { PackageVersion } from "../../src/domain/Package.ts"
import { Policy } from "../../src/domain/Policy.ts"
import { judgePolicy, securityUpdatesAmong } from "../../src/executor/judgePolicy.ts"
import { PackageManagers } from "../../src/package-manager/PackageManagers.ts"
import { claims } from "../fakes/CommandSigning.ts"
import * as FakeManagers from "../fakes/FakeManagers.ts"
import { applied, setUp, world } from "./executorWorld.ts"

const policy = Schema.decodeUnknownSync(Policy)
const command = Schema.decodeUnknownSync(Command)

const noon = DateTime.makeZonedUnsafe("2026-01-10T12:00:00Z", { timeZone: "Europe/Berlin" })

const judge = (rules: unknown, asked: { readonly name: string; readonly parameters: unknown }, now = noon) =>
  judgePolicy(Result.succeed(policy(rules)), command(asked), now)

const codeOf = (judged: ReturnType<typeof judge>) =>
  Result.match(judged, { onSuccess: () => "allowed", onFailure: ({ code }) => code })

const install = (parameters: object = {}) => ({
  name: "install_updates",
  parameters: { selection: { kind: "security" }, ...parameters },
})
const health = { name: "health_check", parameters: {} }
const everything = [
  health,
  { name: "check_updates", parameters: {} },
  { name: "get_package_info", parameters: { packages: ["bash"] } },
  install({ reboot: "always", allow_removals: true, selection: { kind: "all" } }),
]

describe("judgePolicy", () => {
  it("allows what it does not speak of", () => {
    for (const asked of everything) assert.strictEqual(codeOf(judge({}, asked)), "allowed")
  })

  it("allows only the commands it names", () => {
    const rules = { commands: ["get_package_info"] }
    assert.deepStrictEqual(
      everything.map((asked) => codeOf(judge(rules, asked))),
      ["policy_denied", "policy_denied", "allowed", "policy_denied"],
    )
  })

  it("allows nothing but health_check when it cannot be used", () => {
    const judged = everything.map((asked) => judgePolicy(Result.fail("it is damaged"), command(asked), noon))
    assert.deepStrictEqual(judged.map(codeOf), ["allowed", "policy_denied", "policy_denied", "policy_denied"])
    const denied = judged.flatMap((one) => (Result.isFailure(one) ? [one.failure.detail] : []))
    assert.deepStrictEqual([...new Set(denied)], ["it is damaged"])
  })

  it.each([
    [{ reboot_allowed: false }, install({ reboot: "if_required" }), "policy_denied"],
    [{ reboot_allowed: false }, install({ reboot: "never" }), "allowed"],
    [{ removals_allowed: false }, install({ allow_removals: true }), "policy_denied"],
    [{ removals_allowed: false }, install(), "allowed"],
    [{ security_only: true }, install({ selection: { kind: "all" } }), "policy_denied"],
    [{ security_only: true }, install(), "allowed"],
    [{ install_windows: [{ from: "22:00", to: "04:00" }] }, install(), "outside_window"],
    [{ install_windows: [{ from: "22:00", to: "04:00" }] }, install({ dry_run: true }), "allowed"],
    [{ install_windows: [{ from: "22:00", to: "04:00" }] }, health, "allowed"],
    [{ install_windows: [{ from: "12:30", to: "14:00" }] }, install(), "allowed"],
  ])("%j and %j: %s", (rules, asked, expected) => {
    assert.strictEqual(codeOf(judge(rules, asked)), expected)
  })

  it("adds its excludes to those of the command, and ends an installation with its window", () => {
    const rules = { exclude: ["linux-*", "a"], install_windows: [{ from: "12:30", to: "14:00" }] }
    const parametersOf = (asked: ReturnType<typeof install>) => {
      const judged = judge(rules, asked)
      assert.isTrue(Result.isSuccess(judged) && judged.success.name === "install_updates")
      return Result.isSuccess(judged) && judged.success.name === "install_updates"
        ? {
            exclude: judged.success.parameters.exclude?.map(String),
            deadline: DateTime.formatIso(judged.success.parameters.deadline ?? DateTime.makeUnsafe(0)),
          }
        : undefined
    }
    assert.deepStrictEqual(parametersOf(install({ exclude: ["a", "b"] })), {
      exclude: ["a", "b", "linux-*"],
      deadline: "2026-01-10T13:00:00.000Z",
    })
    assert.strictEqual(
      parametersOf(install({ deadline: "2026-01-10T12:10:00Z" }))?.deadline,
      "2026-01-10T12:10:00.000Z",
    )
    assert.strictEqual(
      parametersOf(install({ deadline: "2026-01-11T12:10:00Z" }))?.deadline,
      "2026-01-10T13:00:00.000Z",
    )
  })

  it("says when the next window opens", () => {
    const judged = judge({ install_windows: [{ days: ["sun"], from: "22:00", to: "04:00" }] }, install())
    assert.match(
      Result.isFailure(judged) ? judged.failure.detail : "",
      /next opens on sun 2026-01-11 at 22:00 \(Europe\/Berlin\)/,
    )
  })
})

describe("securityUpdatesAmong", () => {
  const openssl = {
    ...FakeManagers.update("openssl", "3.0.1-1", "3.0.3-1"),
    security: { verdict: "yes", fixedIn: PackageVersion.make("3.0.2-1"), evidence: [] },
  } as const
  const bash = FakeManagers.update("bash", "5.2-1", "5.3-1")

  it.each([
    [{ name: "openssl", version: "3.0.3-1" }, true],
    [{ name: "openssl", version: "3.0.2-1" }, true],
    [{ name: "openssl", version: "3.0.1-1" }, false],
    [{ name: "openssl:amd64", version: "3.0.3-1" }, true],
    [{ name: "openssl", version: "3.0.3-1", architecture: "amd64" }, true],
    [{ name: "openssl", version: "3.0.3-1", architecture: "i386" }, false],
    [{ name: "bash", version: "5.3-1" }, false],
    [{ name: "nowhere", version: "3.0.3-1" }, false],
  ])("%j: %s", (wanted, isOne) => {
    const asked = [Schema.decodeSync(PackageSelection)(wanted)]
    const { packages, leftOut } = securityUpdatesAmong(asked, [openssl, bash], "apt")
    assert.deepStrictEqual([packages.length, leftOut.length], isOne ? [1, 0] : [0, 1])
  })
})

describe("a host with a policy", () => {
  const named = (version: string) => ({
    name: "install_updates",
    parameters: { selection: { kind: "packages", packages: [{ name: "openssl", version }] } },
  })

  it.effect("refuses a signed command that asks for more, and runs nothing of it", () =>
    Effect.gen(function* () {
      const { execute } = yield* setUp
      const all = { name: "install_updates", parameters: { selection: { kind: "all" }, reboot: "always" } }
      const result = yield* execute(claims(1, all))
      assert.strictEqual(result.refusal?.code, "policy_denied")
      assert.strictEqual((yield* applied).length, 0)
    }).pipe(Effect.provide(world({ policy: Result.succeed(policy({ reboot_allowed: false })) }))),
  )

  it.effect("refuses everything but health_check when the policy cannot be used", () =>
    Effect.gen(function* () {
      const { execute } = yield* setUp
      assert.strictEqual((yield* execute(claims(1, health))).status, "succeeded")
      const refused = yield* execute(claims(2, { name: "check_updates", parameters: {} }))
      assert.strictEqual(refused.refusal?.code, "policy_denied")
      assert.strictEqual(refused.refusal?.detail, "it has a key more than once")
    }).pipe(Effect.provide(world({ policy: Result.fail("it has a key more than once") }))),
  )

  it.effect("installs in its window and not before", () =>
    Effect.gen(function* () {
      const { execute } = yield* setUp
      // The epoch is 01:00 in Berlin.
      const outside = yield* execute(claims(1, named("3.0.2-1")))
      assert.strictEqual(outside.refusal?.code, "outside_window")
      yield* TestClock.adjust("30 minutes")
      const inside = yield* execute(claims(2, named("3.0.2-1")))
      assert.strictEqual(inside.status, "succeeded", JSON.stringify(inside))
      assert.strictEqual((yield* applied).length, 1)
    }).pipe(
      Effect.provide(
        world({ policy: Result.succeed(policy({ install_windows: [{ from: "01:30", to: "02:00" }] })) }),
      ),
    ),
  )

  it.effect("installs nothing that would not be done when its window closes", () =>
    Effect.gen(function* () {
      const { execute } = yield* setUp
      yield* TestClock.adjust("30 seconds")
      assert.strictEqual((yield* execute(claims(1, named("3.0.2-1")))).problem?.code, "out_of_time")
      assert.strictEqual((yield* applied).length, 0)
    }).pipe(
      Effect.provide(
        world({ policy: Result.succeed(policy({ install_windows: [{ from: "00:30", to: "01:01" }] })) }),
      ),
    ),
  )

  it.effect("plans without what its policy excludes, whatever the command says", () =>
    Effect.gen(function* () {
      const managers = yield* PackageManagers
      const planned: Array<ReadonlyArray<string> | undefined> = []
      const watched = PackageManagers.of({
        ...managers,
        detect: Effect.map(managers.detect, (detected) =>
          detected.map(({ state, manager }) => ({
            state,
            manager: {
              ...manager,
              plan: (request) => {
                planned.push(request.exclude)
                return manager.plan(request)
              },
            },
          })),
        ),
      })
      const { execute } = yield* Effect.provideService(setUp, PackageManagers, watched)
      assert.strictEqual((yield* execute(claims(1, install({ exclude: ["bash"] })))).status, "succeeded")
      assert.deepStrictEqual(planned, [["bash", "linux-*"]])
    }).pipe(Effect.provide(world({ policy: Result.succeed(policy({ exclude: ["linux-*"] })) }))),
  )

  it.effect("names what it has no package manager for, not its policy", () =>
    Effect.gen(function* () {
      const managers = yield* PackageManagers
      const readOnly = PackageManagers.of({
        ...managers,
        detect: Effect.map(managers.detect, (detected) =>
          detected.map(({ state, manager }) => ({ state: { ...state, patchable: false }, manager })),
        ),
      })
      const { execute } = yield* Effect.provideService(setUp, PackageManagers, readOnly)
      assert.strictEqual((yield* execute(claims(1, named("3.0.2-1")))).problem?.code, "no_package_manager")
    }).pipe(Effect.provide(world({ policy: Result.succeed(policy({ security_only: true })) }))),
  )

  it.effect("leaves out named packages that are no security updates under security_only", () =>
    Effect.gen(function* () {
      const { execute } = yield* setUp
      const plain = yield* execute(claims(1, named("3.0.2-1")))
      assert.strictEqual(plain.problem?.code, "not_security")
      assert.strictEqual((yield* applied).length, 0)

      const memory = yield* FakeManagers.FakeManager
      yield* Ref.update(memory, (known) => ({
        ...known,
        updates: known.updates.map((update) => ({
          ...update,
          security: { verdict: "yes", evidence: [] } as const,
        })),
      }))
      const mixed = {
        name: "install_updates",
        parameters: {
          selection: {
            kind: "packages",
            packages: [
              { name: "openssl", version: "3.0.2-1" },
              { name: "bash", version: "5.3-1" },
            ],
          },
        },
      }
      const result = yield* execute(claims(2, mixed))
      assert.strictEqual(result.status, "partial")
      assert.strictEqual((yield* applied).length, 1)
      const leftOut = result.output?.command === "install_updates" ? result.output.report.plan.leftOut : []
      assert.deepStrictEqual(
        leftOut.map(({ name, reason }) => `${name} ${reason}`),
        ["bash not_security"],
      )
    }).pipe(Effect.provide(world({ policy: Result.succeed(policy({ security_only: true })) }))),
  )
})
