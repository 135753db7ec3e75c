import * as DateTime from "effect/DateTime"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import * as Struct from "effect/Struct"
import type { ReleaseVersion } from "../domain/Release.ts"
import type { UpdateOutcome } from "../domain/UpdateAttempt.ts"
import { SystemCalls } from "../host/SystemCalls.ts"
import { Candidate } from "./Candidate.ts"
import { chooseRelease } from "./chooseRelease.ts"
import { CommandWatch } from "./CommandWatch.ts"
import type { Conclusion } from "./Conclusion.ts"
import { Installation } from "./Installation.ts"
import { mayDownload, oneMoreDamaged } from "./mayDownload.ts"
import { prove } from "./proveRelease.ts"
import { type Release, ReleaseSource } from "./ReleaseSource.ts"
import { Slots } from "./Slots.ts"
import { UpdateMemory } from "./UpdateMemory.ts"
import type { UpdateState, UpdateStep } from "./UpdateState.ts"

/** An attempt that ends before anything was changed. */
export class NotNow extends Schema.TaggedError<NotNow>()("NotNow", {
  outcome: Schema.Literals(["up_to_date", "command_running", "download_paused", "disk_full", "failed"]),
  detail: Schema.String,
}) {
  override get message() {
    return this.detail
  }
}

/** What stays free on the disk beside a new executable. */
const spareBytes = 64 * 1024 * 1024

const mebibytes = (bytes: number) => `${Math.ceil(bytes / 1024 / 1024)} MiB`

/** The version in use, in a slot of its own from now on. */
const versionInUse = Effect.gen(function* () {
  const slots = yield* Slots
  const known = yield* slots.current
  if (Option.isSome(known)) return known.value
  const { program } = yield* Installation
  const candidate = yield* Candidate
  const version = yield* candidate.version(program)
  if (Option.isNone(version)) {
    return yield* new NotNow({
      outcome: "failed",
      detail: `${program} does not say its version: there would be no way back to it. Install the agent anew`,
    })
  }
  yield* slots.adopt(version.value)
  return version.value
})

const noCommand = Effect.gen(function* () {
  const watch = yield* CommandWatch
  if (yield* watch.isRunning) {
    return yield* new NotNow({
      outcome: "command_running",
      detail: "a command is being carried out: the next attempt tries again",
    })
  }
})

/** The executable in its slot, to the last byte; true when it had to be downloaded. */
const bring = Effect.fnUntraced(function* (release: Release, state: UpdateState) {
  const source = yield* ReleaseSource
  const slots = yield* Slots
  const system = yield* SystemCalls
  const { versions } = yield* Installation
  const { version, bytes } = release
  if (yield* source.isWhole(release, slots.program(version))) return
  if (!mayDownload(state.damaged, version, yield* DateTime.now)) {
    return yield* new NotNow({
      outcome: "download_paused",
      detail: `the executable of ${version} came damaged ${state.damaged?.downloads} times: it is tried again a day after the last time. See what changes it on the way`,
    })
  }
  const path = yield* slots.prepare(version)
  const space = yield* system.space(versions)
  if (space !== undefined && space.available < bytes + spareBytes) {
    return yield* new NotNow({
      outcome: "disk_full",
      detail: `${versions} has ${mebibytes(space.available)} free and ${version} needs ${mebibytes(bytes + spareBytes)}: free space, the next attempt goes on by itself`,
    })
  }
  yield* source.download(release, path)
  yield* slots.place(version)
})

/** Brings the newest release to this host and puts it to use, if there is one and nothing speaks against it. */
const take = Effect.fnUntraced(function* (
  state: UpdateState,
  current: ReleaseVersion,
  window: Duration.Duration,
) {
  const memory = yield* UpdateMemory
  const slots = yield* Slots
  const source = yield* ReleaseSource
  const candidate = yield* Candidate

  const choice = chooseRelease(yield* source.releases, current, state.failed)
  if (choice.kind !== "take") {
    const detail =
      choice.kind === "newest"
        ? `${current} is the newest version`
        : `${current} stays: ${choice.version} did not work here, and there is none above it`
    return yield* new NotNow({ outcome: "up_to_date", detail })
  }
  const { release } = choice
  const { version } = release
  yield* noCommand
  // Two versions at most, also while a third is on its way.
  yield* slots.keepOnly(current, version)
  yield* bring(release, state)
  yield* candidate.check(slots.program(version), version)
  yield* noCommand

  const step: UpdateStep = { name: "switching", from: current, to: version, attempts: 0 }
  const kept = Struct.omit(state, ["damaged"])
  yield* memory.write({ ...kept, step })
  yield* slots.switchTo(version)
  yield* Effect.logInfo("update.switched").pipe(Effect.annotateLogs({ from: current, to: version }))
  return yield* prove(kept, step, window)
})

type Trouble = Effect.Error<ReturnType<typeof take>> | Effect.Error<typeof versionInUse>

const outcomeOf = (error: Trouble): UpdateOutcome => {
  switch (error._tag) {
    case "NotNow":
      return error.outcome
    case "ReleasesRefused":
      return error.reason
    case "TlsRefused":
    case "RequestFailed":
      return "unreachable"
    case "ExecutableRefused":
      return "wrong_checksum"
    case "UpdateFilesError":
      return error.reason === "full" ? "disk_full" : "failed"
    case "CandidateUnfit":
      return "check_failed"
  }
}

/** One look for a newer release, up to its proof. Never fails: whatever happens is a conclusion. */
export const takeRelease = Effect.fn("takeRelease")(function* (
  state: UpdateState,
  window: Duration.Duration,
) {
  const memory = yield* UpdateMemory
  const now = yield* DateTime.now
  return yield* versionInUse.pipe(
    Effect.flatMap((current) => take(state, current, window)),
    Effect.catch((error: Trouble) =>
      Effect.gen(function* () {
        // A step that was begun is for the next attempt to judge, by what is in use then.
        const { step } = yield* Effect.orElseSucceed(memory.read, () => state)
        const conclusion: Conclusion = {
          outcome: outcomeOf(error),
          detail: error.message,
          state: {
            ...state,
            ...(step !== undefined && { step }),
            ...(error._tag === "ExecutableRefused" && {
              damaged: oneMoreDamaged(state.damaged, error.version, now),
            }),
          },
        }
        return conclusion
      }),
    ),
  )
})
