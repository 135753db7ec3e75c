import { assert, describe, it } from "@effect/vitest"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Ref from "effect/Ref"
import * as TestClock from "effect/testing/TestClock"
import type { InstallUpdates } from "../../src/domain/Command.ts"
import type { RebootState } from "../../src/domain/Host.ts"
import type { PackageOutcome } from "../../src/domain/InstallPlan.ts"
import { Architecture, PackageName, PackageVersion } from "../../src/domain/Package.ts"
import { CommandJournal } from "../../src/executor/CommandJournal.ts"
import type { CommandOutcome } from "../../src/executor/CommandOutcome.ts"
import { requestReboot } from "../../src/executor/requestReboot.ts"
import { HostUnreadable, Host } from "../../src/host/Host.ts"
import { PackageManagers } from "../../src/package-manager/PackageManagers.ts"
import { StoreError } from "../../src/store/Database.ts"
import * as FakeHost from "../fakes/FakeHost.ts"
import * as FakeManagers from "../fakes/FakeManagers.ts"
import * as FakeReboot from "../fakes/FakeReboot.ts"
import { planOf } from "../fakes/planOf.ts"

const outcomeWith = (
  required: RebootState["required"],
  changes: Partial<CommandOutcome> = {},
  outcome: PackageOutcome["outcome"] = "installed",
): CommandOutcome => ({
  status: "succeeded",
  output: {
    command: "install_updates",
    report: {
      dryRun: false,
      plan: planOf([]),
      preflight: [],
      outcomes: [
        {
          manager: "apt",
          name: PackageName.make("linux-image-amd64"),
          architecture: Architecture.make("amd64"),
          wanted: PackageVersion.make("6.1.2-1"),
          outcome,
        },
      ],
      newConfigurationFiles: [],
      evidence: [],
      reboot: { required, reasons: [] },
    },
  },
  ...changes,
})

/** What happened in which order, and what came of it. */
const ask = Effect.fnUntraced(function* (
  terms: Pick<InstallUpdates, "reboot" | "deadline">,
  outcome: CommandOutcome,
  journalFault?: StoreError,
) {
  const memory = yield* FakeReboot.FakeRebootMemory
  const asked = Effect.map(Ref.get(memory), (known) => known.asked)
  const story: Array<string> = []
  let written: CommandOutcome | undefined
  const journal = Layer.mock(CommandJournal, {
    rebooting: ({ bootId, outcome: at }) =>
      Effect.gen(function* () {
        story.push(`${bootId.slice(0, 8)} written after ${yield* asked} requests`)
        written = at
        if (journalFault !== undefined) return yield* journalFault
      }),
  })
  const answer = yield* requestReboot(terms, outcome).pipe(
    Effect.map((result) => ({ tag: result.status, code: result.problem?.code, problem: result.problem })),
    Effect.catch((error) => Effect.succeed({ tag: error._tag, code: undefined, problem: undefined })),
    Effect.provide(journal),
  )
  const report = written?.output?.command === "install_updates" ? written.output.report : undefined
  return { ...answer, story, asked: yield* asked, restart: report?.restart }
})

const world = Layer.mergeAll(FakeHost.layer, FakeManagers.layer, FakeReboot.layer)

const cases: ReadonlyArray<
  [InstallUpdates["reboot"], RebootState["required"], CommandOutcome["status"], number]
> = [
  [undefined, "yes", "succeeded", 0],
  ["never", "yes", "succeeded", 0],
  ["if_required", "no", "succeeded", 0],
  ["if_required", "unknown", "succeeded", 0],
  ["if_required", "yes", "succeeded", 1],
  ["if_required", "yes", "partial", 1],
  ["if_required", "yes", "failed", 0],
  ["always", "no", "succeeded", 1],
  ["always", "unknown", "partial", 1],
  ["always", "yes", "failed", 0],
]

describe("requestReboot", () => {
  it.effect.each(cases)("%s, required %s, after %s: %i requests", ([policy, required, status, times]) =>
    Effect.gen(function* () {
      const answer = yield* ask(
        { ...(policy !== undefined && { reboot: policy }) },
        outcomeWith(required, { status }),
      )
      assert.deepStrictEqual([answer.asked, answer.tag], [times, times === 0 ? status : "HostRestarting"])
    }).pipe(Effect.provide(world)),
  )

  it.effect("writes the result with boot id and kernel into the ledger first", () =>
    Effect.gen(function* () {
      const { story, restart } = yield* ask({ reboot: "if_required" }, outcomeWith("yes"))
      assert.deepStrictEqual(story, ["00000000 written after 0 requests"])
      assert.deepStrictEqual(
        [restart?.bootIdBefore, restart?.kernelBefore],
        ["00000000-0000-4000-8000-000000000000", "6.1.0-28-amd64"],
      )
    }).pipe(Effect.provide(world)),
  )

  it.effect("does not restart a host whose ledger cannot be written", () =>
    Effect.gen(function* () {
      const full = new StoreError({ path: "executor.sqlite", reason: "full", cause: "as told" })
      const { tag, asked } = yield* ask({ reboot: "always" }, outcomeWith("yes"), full)
      assert.deepStrictEqual([tag, asked], ["StoreError", 0])
    }).pipe(Effect.provide(world)),
  )

  it.effect("says that the restart was refused, and by whom", () =>
    Effect.gen(function* () {
      const memory = yield* FakeReboot.FakeRebootMemory
      const detail = "systemctl ended with 1: Call to Reboot failed: Access denied; held back by apt"
      yield* Ref.update(memory, (known) => ({ ...known, refusal: Option.some(detail) }))
      const { tag, problem, asked } = yield* ask({ reboot: "always" }, outcomeWith("no"))
      assert.deepStrictEqual([tag, asked], ["partial", 1])
      assert.deepStrictEqual(problem, {
        code: "reboot_refused",
        detail: `the restart was not accepted: ${detail}`,
        remedy: "see who holds it back: systemd-inhibit --list; then restart the host by hand",
      })
    }).pipe(Effect.provide(world)),
  )

  it.effect("withholds the restart while a package is half configured: the host may not come back", () =>
    Effect.gen(function* () {
      const { tag, code, asked } = yield* ask(
        { reboot: "always" },
        outcomeWith("yes", { status: "partial" }, "half_configured"),
      )
      assert.deepStrictEqual([tag, code, asked], ["partial", "reboot_withheld", 0])
    }).pipe(Effect.provide(world)),
  )

  it.effect(
    "waits for whoever is at work on the packages, and withholds the restart when that takes long",
    () =>
      Effect.gen(function* () {
        const managers = yield* PackageManagers
        const [found] = yield* managers.detect
        const lock = { lock: "/var/lib/dpkg/lock-frontend", program: "aptitude", pid: 7 }
        const busy = Layer.succeed(PackageManagers, {
          ...managers,
          detect: Effect.succeed(
            found === undefined
              ? []
              : [
                  {
                    ...found,
                    manager: {
                      ...found.manager,
                      health: Effect.succeed({ faults: [], locks: [lock], indexes: [] }),
                    },
                  },
                ],
          ),
        })
        const fiber = yield* Effect.forkChild(
          Effect.provide(ask({ reboot: "always" }, outcomeWith("yes")), busy),
        )
        yield* TestClock.adjust("5 minutes")
        const { code, asked } = yield* Fiber.join(fiber)
        assert.deepStrictEqual([code, asked], ["reboot_withheld", 0])
      }).pipe(Effect.provide(world)),
  )

  it.effect(
    "withholds the restart after the deadline, which a policy's window sets too, and not before it",
    () =>
      Effect.gen(function* () {
        const now = yield* DateTime.now
        const late = yield* ask(
          { reboot: "always", deadline: DateTime.subtract(now, { seconds: 1 }) },
          outcomeWith("yes"),
        )
        assert.deepStrictEqual([late.tag, late.code, late.asked], ["partial", "reboot_withheld", 0])
        const inTime = yield* ask(
          { reboot: "always", deadline: DateTime.add(now, { seconds: 1 }) },
          outcomeWith("yes"),
        )
        assert.deepStrictEqual([inTime.tag, inTime.asked], ["HostRestarting", 1])
      }).pipe(Effect.provide(world)),
  )

  it.effect("withholds the restart that nobody could verify afterwards", () =>
    Effect.gen(function* () {
      const host = yield* Host
      const blind = Layer.succeed(Host, {
        ...host,
        bootId: new HostUnreadable({ path: "/proc/sys/kernel/random/boot_id" }),
      })
      const { code, asked } = yield* Effect.provide(ask({ reboot: "always" }, outcomeWith("yes")), blind)
      assert.deepStrictEqual([code, asked], ["reboot_withheld", 0])
    }).pipe(Effect.provide(world)),
  )
})
