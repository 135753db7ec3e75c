import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import * as NodeServices from "@effect/platform-node/NodeServices"
import * as Clock from "effect/Clock"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Schema from "effect/Schema"
import * as Stdio from "effect/Stdio"
import * as Stream from "effect/Stream"
import { InstallUpdates, PackageInfoReport, RefreshPolicy } from "../../../src/domain/Command.ts"
import { RepositoryOutcome } from "../../../src/domain/Health.ts"
import { LockHolder } from "../../../src/domain/Host.ts"
import { InstallPlan, InstallReport, PreflightFault } from "../../../src/domain/InstallPlan.ts"
import { InstalledPackage, ManagerId, PackageFault, PackageName } from "../../../src/domain/Package.ts"
import { IndexState, PartialReason } from "../../../src/domain/Scan.ts"
import { AvailableUpdate } from "../../../src/domain/Update.ts"
import * as NodeSubprocess from "../../../src/host/NodeSubprocess.ts"
import type { Subprocess } from "../../../src/host/Subprocess.ts"
import { ManagerError, PackageManager } from "../../../src/package-manager/PackageManager.ts"

// Runs inside a box: takes one question a line and answers each with a line, until its input ends.

const reasons = Schema.Array(PartialReason)

/** What can be asked, one member of `PackageManager` each, and what is answered. */
export const questions = {
  inventory: Schema.Struct({ ask: Schema.Literal("inventory") }),
  updates: Schema.Struct({ ask: Schema.Literal("updates") }),
  health: Schema.Struct({ ask: Schema.Literal("health") }),
  refresh: Schema.Struct({ ask: Schema.Literal("refresh"), policy: RefreshPolicy }),
  plan: Schema.Struct({ ask: Schema.Literal("plan"), request: InstallUpdates }),
  apply: Schema.Struct({
    ask: Schema.Literal("apply"),
    plan: InstallPlan,
    repair: Schema.Boolean,
    deadline: Schema.optionalKey(Schema.DateTimeUtcFromString),
  }),
  describe: Schema.Struct({ ask: Schema.Literal("describe"), names: Schema.Array(PackageName) }),
  /** From now on the backend believes that it is this much later than it is. */
  clock: Schema.Struct({ ask: Schema.Literal("clock"), daysAhead: Schema.Int }),
}

const Progress = Schema.Struct({
  step: Schema.String,
  package: Schema.optionalKey(Schema.String),
  percent: Schema.optionalKey(Schema.Finite),
})

export const answers = {
  inventory: Schema.Struct({
    packages: Schema.Array(InstalledPackage),
    faults: Schema.Array(PackageFault),
    reasons,
  }),
  updates: Schema.Struct({
    updates: Schema.Array(AvailableUpdate),
    indexes: Schema.Array(IndexState),
    reasons,
  }),
  health: Schema.Struct({
    faults: Schema.Array(PackageFault),
    locks: Schema.Array(LockHolder),
    indexes: Schema.Array(IndexState),
    damage: Schema.optionalKey(Schema.String),
  }),
  refresh: Schema.Struct({
    refreshed: Schema.Boolean,
    repositories: Schema.Array(RepositoryOutcome),
    reasons,
  }),
  plan: Schema.Struct({ plan: InstallPlan, preflight: Schema.Array(PreflightFault) }),
  apply: Schema.Struct({ report: InstallReport, progress: Schema.Array(Progress) }),
  describe: PackageInfoReport,
  clock: Schema.Struct({ daysAhead: Schema.Int }),
}

export const Question = Schema.Union(Object.values(questions))

/** The line for a question that the manager could not answer. */
export const Failure = Schema.Struct({ failed: ManagerError })

const encoded = <S extends Schema.ConstraintEncoder<unknown>>(schema: S) =>
  Schema.encodeEffect(Schema.fromJsonString(schema))

/** Nobody can set the time of change of a file, so an old file is a young one seen from the future. */
class ShiftedClock {
  daysAhead = 0
  private readonly real = Clock.Clock.defaultValue()
  readonly service: Clock.Clock = {
    ...this.real,
    currentTimeMillisUnsafe: () => this.real.currentTimeMillisUnsafe() + this.daysAhead * 86_400_000,
    currentTimeMillis: Effect.sync(() => this.service.currentTimeMillisUnsafe()),
    currentTimeNanosUnsafe: () => this.real.currentTimeNanosUnsafe(),
    monotonicTimeNanosUnsafe: () => this.real.monotonicTimeNanosUnsafe(),
    sleep: (duration) => this.real.sleep(duration),
  }
}

const answer = Effect.fnUntraced(function* (question: typeof Question.Type, clock: ShiftedClock) {
  const manager = yield* PackageManager
  switch (question.ask) {
    case "inventory":
      return yield* Effect.flatMap(manager.inventory, encoded(answers.inventory))
    case "updates":
      return yield* Effect.flatMap(manager.updates, encoded(answers.updates))
    case "health":
      return yield* Effect.flatMap(manager.health, encoded(answers.health))
    case "refresh":
      return yield* Effect.flatMap(manager.refresh(question.policy), encoded(answers.refresh))
    case "plan":
      return yield* Effect.flatMap(manager.plan(question.request), encoded(answers.plan))
    case "describe":
      return yield* Effect.flatMap(manager.describe(question.names), encoded(answers.describe))
    case "clock":
      clock.daysAhead = question.daysAhead
      return yield* encoded(answers.clock)({ daysAhead: clock.daysAhead })
    case "apply": {
      const progress: Array<typeof Progress.Type> = []
      const report = yield* manager.apply(question.plan, {
        repair: question.repair,
        ...(question.deadline === undefined ? {} : { deadline: question.deadline }),
        report: (step) => Effect.sync(() => void progress.push(step)),
      })
      return yield* encoded(answers.apply)({ report, progress })
    }
  }
})

type Backend = Layer.Layer<PackageManager, never, Subprocess | NodeServices.NodeServices>

/** Each backend is loaded only where it is asked for. */
const backends: Readonly<Record<ManagerId, () => Promise<{ readonly layer: Backend }>>> = {
  apt: () => import("../../../src/package-manager/apt/AptPackageManager.ts"),
  dnf: () => import("../../../src/package-manager/dnf/DnfPackageManager.ts"),
  zypper: () => import("../../../src/package-manager/zypper/ZypperPackageManager.ts"),
  apk: () => import("../../../src/package-manager/apk/ApkPackageManager.ts"),
  pacman: () => import("../../../src/package-manager/pacman/PacmanPackageManager.ts"),
}

const decodeQuestion = Schema.decodeEffect(Schema.fromJsonString(Question))

const program = Effect.gen(function* () {
  const id = yield* Schema.decodeUnknownEffect(ManagerId)(process.argv[2])
  const { layer } = yield* Effect.promise(backends[id])
  const { stdin } = yield* Stdio.Stdio
  const clock = new ShiftedClock()
  yield* stdin.pipe(
    Stream.decodeText(),
    Stream.splitLines,
    Stream.mapEffect((line) =>
      decodeQuestion(line).pipe(
        Effect.flatMap((question) => answer(question, clock)),
        Effect.catchTag("ManagerError", (failed) => encoded(Failure)({ failed })),
        Effect.flatMap(Console.log),
      ),
    ),
    Stream.runDrain,
    Effect.provide(layer),
    Effect.provideService(Clock.Clock, clock.service),
  )
})

if (import.meta.main) {
  program.pipe(
    Effect.provide(NodeSubprocess.layer.pipe(Layer.provideMerge(NodeServices.layer))),
    NodeRuntime.runMain,
  )
}
