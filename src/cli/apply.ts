import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import * as Stdio from "effect/Stdio"
import * as Stream from "effect/Stream"
import * as Command from "effect/cli/Command"
import {
  InstallerEvent,
  installerLock,
  InstallerRequest,
  planLimitBytes,
} from "../executor/InstallerMessages.ts"
import { livesInThisBoot } from "../host/processIdentity.ts"
import { OutputDirectory } from "../host/runToFiles.ts"
import { ManagerError } from "../package-manager/PackageManager.ts"
import { PackageManagers } from "../package-manager/PackageManagers.ts"
import { executorRequestTimeout } from "../schedules.ts"
import { lockFile } from "../store/Database.ts"
import { exitCodesText, usageCodes } from "./exitCodes.ts"
import { outliveAsker } from "./outliveAsker.ts"

/** What came on stdin is no plan. Nothing was installed. */
export class PlanNotUnderstood extends Schema.TaggedError<PlanNotUnderstood>()("PlanNotUnderstood", {}) {
  override get message() {
    return 'expected one line on stdin: {"manager":"apt","plan":{…},"options":{…}}. The executor hands it over; you do not need to'
  }
}

const decodeRequest = Schema.decodeUnknownEffect(Schema.fromJsonString(InstallerRequest), {
  onExcessProperty: "error",
})
const encodeEvent = Schema.encodeEffect(Schema.fromJsonString(InstallerEvent))

const print = (event: InstallerEvent) => Effect.flatMap(Effect.orDie(encodeEvent(event)), Console.log)

/** The first line of stdin; a longer one than any plan is cut, and then not understood. */
const readRequest = Effect.gen(function* () {
  const stdio = yield* Stdio.Stdio
  const line = yield* Stream.limitBytes(stdio.stdin, planLimitBytes, () => Stream.empty).pipe(
    Stream.decodeText(),
    Stream.splitLines,
    Stream.runHead,
    Effect.timeout(executorRequestTimeout),
  )
  return yield* decodeRequest(Option.getOrElse(line, () => ""))
}).pipe(Effect.mapError(() => new PlanNotUnderstood()))

const carryOut = Effect.fnUntraced(function* ({ executor, manager: id, plan, options }: InstallerRequest) {
  const managers = yield* PackageManagers
  const refuse = (reason: ManagerError["reason"], detail: string) =>
    new ManagerError({ manager: id, operation: "apply", reason, detail })
  yield* lockFile(installerLock(yield* OutputDirectory)).pipe(
    Effect.mapError((error) =>
      error.reason === "busy"
        ? refuse("locked", "another installer is at work")
        : refuse("failed", error.message),
    ),
  )
  // In this order: whoever finds the executor dead afterwards finds the lock, and waits.
  if (!(yield* livesInThisBoot(executor))) {
    return yield* refuse("failed", "the executor that asked for this has ended")
  }
  const found = (yield* managers.detect).find(({ state }) => state.id === id && state.patchable)
  if (found === undefined) return yield* refuse("not_available", "it was not found on this host")
  return yield* found.manager.apply(plan, {
    ...options,
    offline: true,
    report: (progress) => print({ kind: "progress", ...progress }),
  })
}, Effect.scoped)

/** `patchctl-agent apply`: one plan in, whose packages are downloaded, progress and one report out, as NDJSON. */
export const apply = Command.make(
  "apply",
  {},
  Effect.fn("apply")(function* () {
    yield* outliveAsker
    const request = yield* readRequest
    const event = yield* carryOut(request).pipe(
      Effect.map((report): InstallerEvent => ({ kind: "applied", report })),
      Effect.catchTag("ManagerError", (error) => Effect.succeed<InstallerEvent>({ kind: "failed", error })),
    )
    yield* print(event)
  }),
).pipe(
  Command.withShortDescription("Install a plan from stdin without network (started by the executor)"),
  Command.withDescription(
    `Reads one plan from stdin whose packages are already downloaded, installs exactly that, and writes progress and one report to stdout as NDJSON.\n\n${exitCodesText({ 0: "a report was written, whatever it says", 1: "the plan was not understood, nothing was installed" }, usageCodes)}`,
  ),
)
