import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import type { InstallPlan, InstallReport } from "../domain/InstallPlan.ts"
import { processIdentity } from "../host/processIdentity.ts"
import { UnixSocket } from "../host/UnixSocket.ts"
import type { ApplyOptions } from "../package-manager/PackageManager.ts"
import { outcomesOf } from "../package-manager/packageOutcomes.ts"
import type { DetectedManager } from "../package-manager/PackageManagers.ts"
import { installerTimeout, lockReleaseWait } from "../schedules.ts"
import { InstallerEvent, InstallerRequest } from "./InstallerMessages.ts"
import { LeftBehind } from "./LeftBehind.ts"
import { PlanApplier } from "./PlanApplier.ts"

const answerLimitBytes = 64 * 1024 * 1024

const encodeRequest = Schema.encodeEffect(Schema.fromJsonString(InstallerRequest))
const decodeEvent = Schema.decodeUnknownOption(Schema.fromJsonString(InstallerEvent))

/** What became of a plan whose installer said nothing to the end: read from the database, once nothing is at work. */
const readBack = Effect.fnUntraced(function* (
  { manager, state }: DetectedManager,
  plan: InstallPlan,
  complaint: string,
) {
  const leftBehind = yield* LeftBehind
  const isAtWork = Effect.gen(function* () {
    if (yield* leftBehind.isAtWork) return true
    const { locks } = yield* manager.health
    return locks.length > 0
  }).pipe(Effect.orElseSucceed(() => false))
  yield* Effect.repeat(isAtWork, { schedule: lockReleaseWait, while: (held) => held })
  const report: InstallReport = {
    dryRun: false,
    plan,
    preflight: [],
    outcomes: outcomesOf(state.id, plan, yield* manager.inventory, true, new Map(), complaint),
    newConfigurationFiles: [],
    evidence: [{ step: "install", exitCode: -1, output: complaint }],
  }
  return report
})

/**
 * Hands plans of managers that can install what was downloaded before to the installer behind a socket, which has no
 * network. Other plans, and all where nobody listens there, are carried out in this process.
 */
export const layer = (
  path: string,
): Layer.Layer<PlanApplier, never, FileSystem.FileSystem | LeftBehind | UnixSocket> =>
  Layer.effect(
    PlanApplier,
    Effect.gen(function* () {
      const socket = yield* UnixSocket
      const { apply: applyHere } = yield* PlanApplier
      const leftBehind = yield* LeftBehind
      const files = yield* FileSystem.FileSystem

      const ask = Effect.fnUntraced(
        function* (
          to: DetectedManager,
          plan: InstallPlan,
          { repair, deadline, missing = [], report }: ApplyOptions,
        ) {
          const request: InstallerRequest = {
            executor: Option.getOrElse(yield* processIdentity(process.pid), () => "unknown"),
            manager: to.state.id,
            plan,
            options: { repair, missing, ...(deadline === undefined ? {} : { deadline }) },
          }
          const line = yield* Effect.orDie(encodeRequest(request))
          return yield* socket.ask({
            path,
            input: `${line}\n`,
            timeout: installerTimeout,
            outputLimitBytes: answerLimitBytes,
            onLine: (told) =>
              Option.match(decodeEvent(told), {
                onNone: () => Effect.void,
                onSome: (event) => (event.kind === "progress" ? report(event) : Effect.void),
              }),
          })
        },
        Effect.provideService(FileSystem.FileSystem, files),
      )

      const apply = Effect.fn("PlanApplier.apply")(
        function* (to: DetectedManager, plan: InstallPlan, options: ApplyOptions) {
          if (to.manager.fetch === undefined) return yield* applyHere(to, plan, options)
          const answer = yield* Effect.result(ask(to, plan, options))
          if (answer._tag === "Failure") {
            const { reason, message } = answer.failure
            return reason === "not_there" || reason === "nobody_listens"
              ? yield* applyHere(to, plan, options)
              : yield* readBack(to, plan, `the installer: ${message}`)
          }
          const last = answer.success.output
            .split("\n")
            .flatMap((told) => Option.toArray(decodeEvent(told)))
            .find((event) => event.kind !== "progress")
          if (last?.kind === "applied") return last.report
          if (last?.kind === "failed") return yield* last.error
          return yield* readBack(
            to,
            plan,
            "the installer ended without an answer; see: journalctl -u 'patchctl-installer@*'",
          )
        },
        Effect.provideService(LeftBehind, leftBehind),
      )

      return PlanApplier.of({ apply })
    }),
  ).pipe(Layer.provide(PlanApplier.layer))
