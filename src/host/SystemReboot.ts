import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Layer from "effect/Layer"
import { rebootRequestTimeout } from "../schedules.ts"
import { Reboot, RebootRefused } from "./Reboot.ts"
import { Subprocess } from "./Subprocess.ts"

/** The first that is there asks the service manager to end every service and restart: sysvinit, then busybox and OpenRC. */
const withoutSystemd = [["shutdown", "-r", "now"], ["reboot"]] as const

/** By sd_booted(3), systemd or not. */
export const layer = Layer.effect(
  Reboot,
  Effect.gen(function* () {
    const fs = yield* FileSystem.FileSystem
    const subprocess = yield* Subprocess

    /** Who holds a restart back, in the words of systemd, whose refusal since version 257 is `Access denied` alone. */
    const holders = subprocess
      .run({
        program: "systemd-inhibit",
        args: ["--list", "--no-legend", "--no-pager"],
        timeout: rebootRequestTimeout,
      })
      .pipe(
        Effect.map(({ stdout }) =>
          stdout
            .split("\n")
            .filter((line) => /\bshutdown\b.*\bblock\b/.test(line))
            .slice(0, 5)
            .map((line) => `; held back by ${line.trim().replaceAll(/\s+/g, " ").slice(0, 200)}`)
            .join(""),
        ),
        Effect.orElseSucceed(() => ""),
      )

    const ask = Effect.fnUntraced(function* ([program, ...args]: readonly [
      string,
      ...ReadonlyArray<string>,
    ]) {
      const answer = yield* Effect.result(subprocess.run({ program, args, timeout: rebootRequestTimeout }))
      if (answer._tag === "Success") {
        const { exitCode, stderr } = answer.success
        if (exitCode === 0) return "taken"
        const words = stderr.trim().replaceAll(/\s+/g, " ").slice(0, 300)
        const held = program === "systemctl" ? yield* holders : ""
        return yield* new RebootRefused({ detail: `${program} ended with ${exitCode}: ${words}${held}` })
      }
      const { reason, message } = answer.failure
      if (reason === "not_found") return "missing"
      // Ended by the very restart that it asked for, perhaps.
      if (reason === "killed" || reason === "timed_out") return "taken"
      return yield* new RebootRefused({ detail: message })
    })

    const request = Effect.gen(function* () {
      const isSystemd = yield* Effect.orElseSucceed(fs.exists("/run/systemd/system"), () => false)
      for (const command of isSystemd ? [["systemctl", "reboot"] as const] : withoutSystemd) {
        if ((yield* ask(command)) === "taken") return
      }
      return yield* new RebootRefused({ detail: "systemctl, shutdown and reboot are not there" })
    }).pipe(Effect.withSpan("Reboot.request"))

    return Reboot.of({ request })
  }),
)
