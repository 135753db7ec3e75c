import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import * as NodeServices from "@effect/platform-node/NodeServices"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Schema from "effect/Schema"
import { InstallUpdates, RefreshPolicy } from "../../src/domain/Command.ts"
import { RepositoryOutcome } from "../../src/domain/Health.ts"
import { LockHolder } from "../../src/domain/Host.ts"
import { InstallPlan, InstallReport, PreflightFault } from "../../src/domain/InstallPlan.ts"
import { PartialReason } from "../../src/domain/Scan.ts"
import * as NodeSubprocess from "../../src/host/NodeSubprocess.ts"
import { layer } from "../../src/package-manager/apt/AptPackageManager.ts"
import { PackageManager } from "../../src/package-manager/PackageManager.ts"

/** What a system test asks of apt's package manager inside a box, as the one argument of this program. */
export const ProbeQuestion = Schema.Union([
  Schema.Struct({ ask: Schema.Literal("refresh"), policy: RefreshPolicy }),
  Schema.Struct({ ask: Schema.Literal("plan"), request: InstallUpdates }),
  Schema.Struct({ ask: Schema.Literal("apply"), request: InstallUpdates }),
])
export type ProbeQuestion = typeof ProbeQuestion.Type

/** The one line it prints. */
export const ProbeAnswer = Schema.Union([
  Schema.Struct({
    kind: Schema.Literal("refreshed"),
    refreshed: Schema.Boolean,
    repositories: Schema.Array(RepositoryOutcome),
    reasons: Schema.Array(PartialReason),
  }),
  Schema.Struct({
    kind: Schema.Literal("planned"),
    plan: InstallPlan,
    preflight: Schema.Array(PreflightFault),
  }),
  Schema.Struct({
    kind: Schema.Literal("applied"),
    report: InstallReport,
    steps: Schema.Array(Schema.String),
  }),
  Schema.Struct({
    kind: Schema.Literal("error"),
    reason: Schema.String,
    message: Schema.String,
    holder: Schema.optionalKey(LockHolder),
  }),
])
export type ProbeAnswer = typeof ProbeAnswer.Type

const answer = Effect.fnUntraced(function* (
  question: ProbeQuestion,
): Effect.fn.Return<ProbeAnswer, never, PackageManager> {
  const manager = yield* PackageManager
  return yield* Effect.gen(function* (): Effect.fn.Return<
    ProbeAnswer,
    Effect.Error<ReturnType<typeof manager.plan>>
  > {
    if (question.ask === "refresh") {
      return { kind: "refreshed", ...(yield* manager.refresh(question.policy)) }
    }
    const planned = yield* manager.plan(question.request)
    if (question.ask === "plan") return { kind: "planned", ...planned }
    const steps: Array<string> = []
    const report = yield* manager.apply(planned.plan, {
      repair: question.request.repair ?? false,
      ...(question.request.deadline === undefined ? {} : { deadline: question.request.deadline }),
      report: (progress) =>
        Effect.sync(() => void steps.push(`${progress.step} ${progress.package ?? ""}`.trim())),
    })
    return { kind: "applied", report, steps }
  }).pipe(
    Effect.catchTag("ManagerError", ({ reason, message, holder }) =>
      Effect.succeed<ProbeAnswer>({
        kind: "error",
        reason,
        message,
        ...(holder === undefined ? {} : { holder }),
      }),
    ),
  )
})

const Question = Schema.fromJsonString(ProbeQuestion)
const Answer = Schema.fromJsonString(ProbeAnswer)

if (import.meta.main) {
  Schema.decodeEffect(Question)(process.argv[2] ?? "").pipe(
    Effect.flatMap(answer),
    Effect.flatMap(Schema.encodeEffect(Answer)),
    Effect.flatMap(Console.log),
    Effect.provide(layer.pipe(Layer.provide(NodeSubprocess.layer), Layer.provide(NodeServices.layer))),
    NodeRuntime.runMain,
  )
}
