import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import { Subprocess } from "../host/Subprocess.ts"
import { envelopeLimitBytes } from "../protocol/CommandEnvelope.ts"
import { ExecutorEvent, ExecutorRequest } from "../protocol/ExecutorMessages.ts"
import { managerApplyTimeout } from "../schedules.ts"
import { ExecutorClient, ExecutorUnavailable } from "./ExecutorClient.ts"

const encodeRequest = Schema.encodeEffect(Schema.fromJsonString(ExecutorRequest))
const decodeEvent = Schema.decodeUnknownOption(Schema.fromJsonString(ExecutorEvent))

/** How this very program is started again as an executor. */
export interface ExecutorProgram {
  readonly program: string
  readonly args: ReadonlyArray<string>
  readonly env: Readonly<Record<string, string>>
}

/**
 * Starts one executor per command with pipes: where there is no systemd, and when the daemon runs as root. The
 * executor is never killed for taking long, because a package transaction must not be cut.
 */
export const layerSpawn = (self: ExecutorProgram): Layer.Layer<ExecutorClient, never, Subprocess> =>
  Layer.effect(
    ExecutorClient,
    Effect.gen(function* () {
      const subprocess = yield* Subprocess

      const execute = Effect.fn("ExecutorClient.execute")(function* (
        envelope: string,
        report: (step: string) => Effect.Effect<void>,
      ) {
        // One byte too many is enough for a refusal, which a longer line would not get.
        const looked = envelope.slice(0, envelopeLimitBytes + 1)
        const request = yield* Effect.orDie(encodeRequest({ kind: "command", envelope: looked }))
        const { exitCode, stdout, stderr } = yield* subprocess
          .run({
            ...self,
            timeout: managerApplyTimeout,
            onTimeout: "leave",
            stdin: `${request}\n`,
            onLine: (line) =>
              Option.match(decodeEvent(line), {
                onNone: () => Effect.void,
                onSome: (event) => (event.kind === "progress" ? report(event.step) : Effect.void),
              }),
          })
          .pipe(Effect.mapError((cause) => new ExecutorUnavailable({ detail: cause.message, cause })))

        const results = stdout
          .split("\n")
          .flatMap((line) => Option.toArray(decodeEvent(line)))
          .flatMap((event) => (event.kind === "result" ? [event.result] : []))
        const [result] = results
        if (result !== undefined) return result
        return yield* new ExecutorUnavailable({
          detail: `exit code ${exitCode}${stderr === "" ? "" : `: ${stderr.trimEnd().slice(-400)}`}`,
        })
      })

      return ExecutorClient.of({ execute })
    }),
  )
