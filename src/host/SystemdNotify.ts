import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { Environment } from "../config/Environment.ts"
import { notifyTimeout } from "../schedules.ts"
import { ServiceManager } from "./ServiceManager.ts"
import { Subprocess } from "./Subprocess.ts"

/**
 * Tells systemd through systemd-notify(1), because Node has no datagram sockets of the UNIX kind; the unit needs
 * `NotifyAccess=all`. The time that the watchdog allows is set with each word (`WATCHDOG_USEC`), since how long it is until the
 * next one is not the unit's to know. Without `NOTIFY_SOCKET` nobody is told.
 */
export const layer = Layer.effect(
  ServiceManager,
  Effect.gen(function* () {
    const subprocess = yield* Subprocess
    const { variables } = yield* Environment
    const { NOTIFY_SOCKET: socket, WATCHDOG_USEC: watchdog } = variables

    const tell = Effect.fnUntraced(function* (...words: ReadonlyArray<string>) {
      if (socket === undefined) return
      yield* subprocess
        .run({
          program: "systemd-notify",
          args: words,
          timeout: notifyTimeout,
          env: { NOTIFY_SOCKET: socket },
        })
        .pipe(
          Effect.flatMap(({ exitCode, stderr }) =>
            exitCode === 0 ? Effect.void : Effect.logWarning("systemd.not_told", { reason: stderr.trim() }),
          ),
          Effect.catch((error) => Effect.logWarning("systemd.not_told", error)),
        )
    })

    return ServiceManager.of({
      ready: tell("READY=1"),
      alive: (next) =>
        watchdog === undefined
          ? Effect.void
          : tell("WATCHDOG=1", `WATCHDOG_USEC=${Math.ceil(Duration.toMillis(next)) * 1000}`),
    })
  }),
)
