import * as DateTime from "effect/DateTime"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import { AgentConfig } from "../config/AgentConfig.ts"
import type { UpdateAttempt } from "../domain/UpdateAttempt.ts"
import { type Conclusion, settled } from "./Conclusion.ts"
import { Installation } from "./Installation.ts"
import { goBack, prove } from "./proveRelease.ts"
import { resumption } from "./resumption.ts"
import { ServiceControl } from "./ServiceControl.ts"
import { Slots } from "./Slots.ts"
import { takeRelease } from "./takeRelease.ts"
import { filesError } from "./UpdateFilesError.ts"
import { updateLock } from "./updateLock.ts"
import { UpdateMemory } from "./UpdateMemory.ts"
import type { UpdateState } from "./UpdateState.ts"

/** Who else looks after the files, in the one word that the installation left. */
const owner = Effect.gen(function* () {
  const files = yield* FileSystem.FileSystem
  const { installedBy } = yield* Installation
  const word = yield* Effect.orElseSucceed(files.readFileString(installedBy), () => "")
  return word.trim().slice(0, 40)
})

const remedies: Readonly<Record<string, string>> = {
  deb: "update the package: apt-get install patchctl-agent",
  rpm: "update the package: dnf upgrade patchctl-agent, or zypper update patchctl-agent",
  nix: "update the flake's input and rebuild",
}

/** Ends what an updater before this one has left; undefined when there is nothing, or nothing of it is left. */
const resume = Effect.fnUntraced(function* (state: UpdateState, window: Duration.Duration) {
  if (state.step === undefined) return undefined
  const slots = yield* Slots
  const next = resumption(state.step, yield* slots.current)
  yield* Effect.logInfo("update.resumed").pipe(
    Effect.annotateLogs({ step: state.step.name, next: next.kind }),
  )
  const rest = settled(state)
  switch (next.kind) {
    case "forget":
      return undefined
    case "prove":
      return yield* prove(rest, next.step, window)
    case "return":
      return yield* goBack(rest, next.step, next.reason)
  }
})

const conclude = Effect.fnUntraced(function* (state: UpdateState, window: Duration.Duration) {
  const { self_update } = yield* AgentConfig
  const service = yield* ServiceControl
  // Also where updates were switched off meanwhile: the host is not left half-way.
  const resumed = yield* resume(state, window)
  if (resumed !== undefined) return resumed
  const rest = settled(state)
  const stop = (outcome: Conclusion["outcome"], detail: string): Conclusion => ({
    outcome,
    detail,
    state: rest,
  })
  if (!self_update) return stop("off", "switched off by self_update in the configuration")
  if (!service.present) {
    const remedy = "give --restart-program what restarts the agent"
    return stop("no_service_manager", `neither systemd nor OpenRC runs here: ${remedy}`)
  }
  return yield* takeRelease(rest, window)
})

/**
 * One attempt: ends an update that is on its way, or looks for a newer release, brings it, tries it, puts it to use and
 * waits for its heartbeat. Whatever stops it, at any moment, the next attempt goes on from what is on disk.
 */
export const updateAgent = Effect.fn("updateAgent")(function* (window: Duration.Duration) {
  const files = yield* FileSystem.FileSystem
  const memory = yield* UpdateMemory
  const { update } = yield* Installation
  const by = yield* owner
  if (by !== "script") {
    // Nothing is written where another program keeps the files.
    const attempt: UpdateAttempt = {
      at: yield* DateTime.now,
      outcome: "not_ours",
      detail:
        by === ""
          ? "nobody knows who installed the agent: only the installation script's own files update themselves"
          : `the agent was installed by ${by}: ${remedies[by] ?? "update it that way"}`,
    }
    return attempt
  }
  yield* Effect.mapError(files.makeDirectory(update, { recursive: true, mode: 0o755 }), filesError(update))
  yield* updateLock(`${update}/lock`)
  const { outcome, detail, state } = yield* conclude(yield* memory.read, window)
  const attempt: UpdateAttempt = { at: yield* DateTime.now, outcome, detail }
  yield* memory
    .write({ ...state, last: attempt })
    .pipe(Effect.catch((error) => Effect.logWarning("update.not_written", error)))
  return attempt
}, Effect.scoped)
