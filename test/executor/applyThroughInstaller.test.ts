import * as NodeFileSystem from "@effect/platform-node/NodeFileSystem"
import { assert, describe, it } from "@effect/vitest"
import * as DateTime from "effect/DateTime"
import * as Deferred from "effect/Deferred"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Queue from "effect/Queue"
import * as Ref from "effect/Ref"
import * as Schema from "effect/Schema"
import * as TestClock from "effect/testing/TestClock"
import type { InstallPlan } from "../../src/domain/InstallPlan.ts"
import { Architecture, PackageName, PackageVersion } from "../../src/domain/Package.ts"
import * as ApplyThroughInstaller from "../../src/executor/applyThroughInstaller.ts"
import { InstallerEvent, InstallerRequest } from "../../src/executor/InstallerMessages.ts"
import { LeftBehind } from "../../src/executor/LeftBehind.ts"
import { PlanApplier } from "../../src/executor/PlanApplier.ts"
import { processIdentity } from "../../src/host/processIdentity.ts"
import { UnixSocket, UnixSocketError, type UnixSocketRequest } from "../../src/host/UnixSocket.ts"
import {
  type ManagerHealth,
  ManagerError,
  type PackageManager,
} from "../../src/package-manager/PackageManager.ts"
import { PackageManagers } from "../../src/package-manager/PackageManagers.ts"
import { managerApplyTimeout } from "../../src/schedules.ts"
import * as FakeManagers from "../fakes/FakeManagers.ts"
import { planOf } from "../fakes/planOf.ts"

const encodeEvent = Schema.encodeSync(Schema.fromJsonString(InstallerEvent))
const decodeRequest = Schema.decodeUnknownSync(Schema.fromJsonString(InstallerRequest), {
  onExcessProperty: "error",
})

const installs: InstallPlan["installs"] = [
  {
    manager: "apt",
    name: PackageName.make("openssl"),
    architecture: Architecture.make("amd64"),
    from: PackageVersion.make("3.0.1-1"),
    to: PackageVersion.make("3.0.2-1"),
    origins: [],
    role: "requested",
  },
]
const plan = planOf(installs)
const report = {
  dryRun: false,
  plan,
  preflight: [],
  outcomes: [],
  newConfigurationFiles: ["/etc/from-the-installer"],
  evidence: [],
}

const deadline = DateTime.makeUnsafe("2026-11-01T04:00:00Z")

const identity = Effect.provide(processIdentity(process.pid), NodeFileSystem.layer)

/** What differs from an apt that can download beforehand, and of which nothing is at work. */
interface Changes {
  readonly canFetch?: boolean
  readonly health?: PackageManager["Service"]["health"]
  readonly isLeftBehind?: Effect.Effect<boolean>
}

/** Applies the plan where the installer's socket answers so. */
const apply = Effect.fnUntraced(function* (
  answer: ReadonlyArray<InstallerEvent> | UnixSocketError["reason"],
  { canFetch = true, health, isLeftBehind = Effect.succeed(false) }: Changes = {},
) {
  const requests: Array<InstallerRequest> = []
  const steps: Array<string> = []
  const socket = Layer.succeed(UnixSocket, {
    ask: Effect.fnUntraced(function* ({ path, input, onLine }: UnixSocketRequest) {
      requests.push(decodeRequest(input))
      if (typeof answer === "string") return yield* new UnixSocketError({ path, reason: answer })
      const lines = answer.map((event) => encodeEvent(event))
      yield* Effect.forEach(lines, (line) => onLine?.(line) ?? Effect.void)
      return { output: lines.join("\n"), truncated: false }
    }),
  })
  const memory = yield* FakeManagers.FakeManager
  const [found] = yield* Effect.flatMap(PackageManagers, ({ detect }) => detect)
  if (found === undefined) return assert.fail("no manager")
  const fetch = () => Effect.succeed({ missing: [], evidence: [] })
  const manager = { ...found.manager, ...(canFetch && { fetch }), ...(health && { health }) }
  const outcome = yield* Effect.flatMap(PlanApplier, (applier) =>
    applier.apply({ ...found, manager }, plan, {
      repair: true,
      deadline,
      missing: [{ name: PackageName.make("bash"), complaint: "cannot be downloaded" }],
      report: ({ step }) => Effect.sync(() => void steps.push(step)),
    }),
  ).pipe(
    Effect.provide(
      ApplyThroughInstaller.layer("/run/installer.sock").pipe(
        Layer.provide(
          Layer.mergeAll(socket, NodeFileSystem.layer, Layer.succeed(LeftBehind, { isAtWork: isLeftBehind })),
        ),
      ),
    ),
    Effect.result,
  )
  return { requests, steps, outcome, appliedHere: (yield* Ref.get(memory)).applied.length }
})

describe("applyThroughInstaller", () => {
  it.effect("hands the plan over, passes its progress on, and answers with the installer's report", () =>
    Effect.gen(function* () {
      const { requests, steps, outcome, appliedHere } = yield* apply([
        { kind: "progress", step: "unpack", package: "openssl" },
        { kind: "applied", report },
      ])
      assert.deepStrictEqual([steps, appliedHere], [["unpack"], 0])
      assert.deepStrictEqual(requests, [
        {
          executor: Option.getOrElse(yield* identity, () => "none"),
          manager: "apt",
          plan,
          options: {
            repair: true,
            deadline,
            missing: [{ name: PackageName.make("bash"), complaint: "cannot be downloaded" }],
          },
        },
      ])
      assert.deepStrictEqual(
        outcome._tag === "Success" ? outcome.success.newConfigurationFiles : [],
        report.newConfigurationFiles,
      )
    }).pipe(Effect.provide(FakeManagers.layer)),
  )

  it.effect("fails as the package manager failed there", () =>
    Effect.gen(function* () {
      const error = new ManagerError({
        manager: "apt",
        operation: "apply",
        reason: "needs_root",
        detail: "x",
      })
      const { outcome } = yield* apply([{ kind: "failed", error }])
      assert.strictEqual(outcome._tag === "Failure" ? outcome.failure.message : "", error.message)
    }).pipe(Effect.provide(FakeManagers.layer)),
  )

  it.effect("installs here where there is no installer, and what cannot be downloaded beforehand", () =>
    Effect.gen(function* () {
      assert.strictEqual((yield* apply("not_there")).appliedHere, 1)
      assert.strictEqual((yield* apply("nobody_listens")).appliedHere, 2)
      const { requests, appliedHere } = yield* apply([{ kind: "applied", report }], { canFetch: false })
      assert.deepStrictEqual([requests, appliedHere], [[], 3])
    }).pipe(Effect.provide(FakeManagers.layer)),
  )

  it.effect("never installs a second time when the installer is lost: it reads what is there", () =>
    Effect.gen(function* () {
      for (const lost of ["lost", "timed_out", []] as const) {
        const { outcome, appliedHere } = yield* apply(lost)
        assert.strictEqual(appliedHere, 0)
        const [openssl] = outcome._tag === "Success" ? outcome.success.outcomes : []
        assert.deepStrictEqual([openssl?.outcome, openssl?.found], ["failed", PackageVersion.make("3.0.1-1")])
        assert.include(openssl?.message, "the installer")
      }
    }).pipe(Effect.provide(FakeManagers.layer)),
  )

  it.effect("reads what is there only when what a lost installer left at work has ended", () =>
    Effect.gen(function* () {
      const held: ManagerHealth["locks"] = [{ lock: "/var/lib/dpkg/lock", program: "apt-get" }]
      const isAtWork = yield* Ref.make(true)
      const asked = yield* Queue.sliding<void>(1)
      const look = Effect.andThen(Queue.offer(asked, undefined), Ref.get(isAtWork))
      const memory = yield* FakeManagers.FakeManager
      const ways: ReadonlyArray<Changes> = [
        { isLeftBehind: look },
        {
          health: Effect.map(look, (is) => ({ faults: [], indexes: [], locks: is ? held : [] })),
        },
      ]
      for (const [at, way] of ways.entries()) {
        yield* Ref.set(isAtWork, true)
        const applying = yield* Effect.forkChild(apply("lost", way))
        yield* Queue.take(asked)
        yield* TestClock.adjust("1 hour")
        const version = `3.0.2-${at}`
        yield* Ref.update(memory, (known) => ({
          ...known,
          packages: [FakeManagers.installed("openssl", version)],
        }))
        yield* Ref.set(isAtWork, false)
        yield* TestClock.adjust("5 seconds")
        const { outcome } = yield* Fiber.join(applying)
        const [openssl] = outcome._tag === "Success" ? outcome.success.outcomes : []
        assert.strictEqual(openssl?.found, version)
        yield* Queue.clear(asked)
      }
    }).pipe(Effect.provide(FakeManagers.layer)),
  )

  it.effect("waits no more than for a transaction, and not for a manager that cannot be asked", () =>
    Effect.gen(function* () {
      const asked = yield* Deferred.make<void>()
      const isLeftBehind = Effect.as(Deferred.succeed(asked, undefined), true)
      const applying = yield* Effect.forkChild(apply("lost", { isLeftBehind }))
      yield* Deferred.await(asked)
      yield* TestClock.adjust(Duration.sum(managerApplyTimeout, Duration.minutes(1)))
      assert.strictEqual((yield* Fiber.join(applying)).outcome._tag, "Success")
      const memory = yield* FakeManagers.FakeManager
      yield* Ref.update(memory, (known) => ({ ...known, failing: new Set(["health"] as const) }))
      assert.strictEqual((yield* apply("lost")).outcome._tag, "Success")
    }).pipe(Effect.provide(FakeManagers.layer)),
  )
})
