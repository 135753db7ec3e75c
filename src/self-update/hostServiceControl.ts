import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import { Subprocess } from "../host/Subprocess.ts"
import { serviceRestartTimeout } from "../schedules.ts"
import { RestartFailed, ServiceControl } from "./ServiceControl.ts"

/** Directories that sd_booted(3) and OpenRC's own scripts look for. */
const managers = [
  { sign: "/run/systemd/system", argv: ["systemctl", "restart", "patchctl.service"] },
  { sign: "/run/openrc", argv: ["rc-service", "patchctl", "restart"] },
] as const

const lastLine = (text: string) => text.trim().split("\n").at(-1) ?? ""

/** systemd, OpenRC, or a program given by whoever supervises the agent otherwise, which is run without arguments. */
export const layer = (
  program: Option.Option<string>,
): Layer.Layer<ServiceControl, never, FileSystem.FileSystem | Subprocess> =>
  Layer.effect(
    ServiceControl,
    Effect.gen(function* () {
      const files = yield* FileSystem.FileSystem
      const subprocess = yield* Subprocess
      const present = yield* Effect.filter(managers, ({ sign }) =>
        Effect.orElseSucceed(files.exists(sign), () => false),
      )
      const argv: ReadonlyArray<string> = Option.match(program, {
        onNone: () => present[0]?.argv ?? [],
        onSome: (path) => [path],
      })
      const [name, ...args] = argv
      if (name === undefined) {
        const detail = "neither systemd nor OpenRC runs here"
        return { present: false, restart: Effect.fail(new RestartFailed({ detail })) }
      }
      return {
        present: true,
        restart: subprocess.run({ program: name, args, timeout: serviceRestartTimeout }).pipe(
          Effect.mapError(({ message }) => new RestartFailed({ detail: message })),
          Effect.flatMap(({ exitCode, stderr }) =>
            exitCode === 0
              ? Effect.void
              : Effect.fail(
                  new RestartFailed({
                    detail: `${argv.join(" ")}: exit code ${exitCode} ${lastLine(stderr)}`,
                  }),
                ),
          ),
          Effect.withSpan("ServiceControl.restart"),
        ),
      }
    }),
  )
