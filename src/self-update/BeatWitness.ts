import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Layer from "effect/Layer"
import * as Schema from "effect/Schema"
import { AgentConfig } from "../config/AgentConfig.ts"
import { isAlive } from "../host/processIdentity.ts"

/** What is asked of `status.json`, and no more: another version may write more or less into it. */
const Status = Schema.fromJsonString(
  Schema.Struct({
    agentVersion: Schema.String,
    processIdentity: Schema.String,
    loops: Schema.Array(
      Schema.Struct({ name: Schema.String, lastSuccessAt: Schema.optionalKey(Schema.String) }),
    ),
  }),
)
const decode = Schema.decodeUnknownEffect(Status)

/** Tells whether a version works: it runs, and the control plane has accepted a heartbeat of it. */
export class BeatWitness extends Context.Service<
  BeatWitness,
  { readonly hasBeaten: (version: string) => Effect.Effect<boolean> }
>()("patchctl/self-update/BeatWitness") {
  /**
   * By the daemon's own status. Its loops know only the time since its start, and no time is compared: a clock that is set
   * while the host boots must not condemn a version.
   */
  static readonly layer: Layer.Layer<BeatWitness, never, AgentConfig | FileSystem.FileSystem> = Layer.effect(
    BeatWitness,
    Effect.gen(function* () {
      const files = yield* FileSystem.FileSystem
      const { state_directory } = yield* AgentConfig
      const path = `${state_directory}/status.json`
      return BeatWitness.of({
        hasBeaten: (version) =>
          Effect.gen(function* () {
            // The directory belongs to the daemon's user, who could put a pipe there that nobody writes to.
            if ((yield* files.stat(path)).type !== "File") return false
            const { agentVersion, processIdentity, loops } = yield* decode(yield* files.readFileString(path))
            const beats = loops.some(
              ({ name, lastSuccessAt }) => name === "heartbeat" && lastSuccessAt !== undefined,
            )
            return agentVersion === version && beats && (yield* isAlive(processIdentity))
          }).pipe(
            Effect.provideService(FileSystem.FileSystem, files),
            Effect.orElseSucceed(() => false),
          ),
      })
    }),
  )
}
