import * as Context from "effect/Context"
import type * as Duration from "effect/Duration"
import type * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"

/** One program to run: an argument array, never a shell string. */
export interface SubprocessRequest {
  /** An absolute path or a name looked up in the fixed PATH. */
  readonly program: string
  readonly args: ReadonlyArray<string>
  readonly timeout: Duration.Input
  /** stdout beyond this many bytes is dropped and reported as `truncated`. Default 64 MiB. */
  readonly outputLimitBytes?: number
  /** Added to the fixed environment; cannot replace PATH or the locale. */
  readonly env?: Readonly<Record<string, string>>
  /** Written to stdin, which is then closed. Default: stdin is /dev/null. */
  readonly stdin?: string
  /**
   * What happens when the time is up. `kill`: TERM to the process group, then KILL. `leave`: the effect fails
   * with `timed_out` and the program goes on, for package transactions that must not be cut. It goes on as well when
   * this very process is killed: its output goes to files, which are followed.
   */
  readonly onTimeout?: "kill" | "leave"
  /** Called with each complete line of stdout as it comes. */
  readonly onLine?: (line: string) => Effect.Effect<void>
  /** Called with each complete line of stderr as it comes; in no certain order with `onLine`. */
  readonly onErrorLine?: (line: string) => Effect.Effect<void>
  /** Called with each complete line the program writes to file descriptor 3 (apt's Status-Fd). */
  readonly onStatusLine?: (line: string) => Effect.Effect<void>
}

export interface SubprocessResult {
  readonly exitCode: number
  readonly stdout: string
  /** At most the last 64 KiB. */
  readonly stderr: string
  readonly truncated: boolean
}

/** The program could not be run to its end. An exit code other than 0 is not an error here. */
export class SubprocessError extends Schema.TaggedError<SubprocessError>()("SubprocessError", {
  program: Schema.String,
  reason: Schema.Literals(["not_found", "not_permitted", "timed_out", "killed", "failed"]),
  cause: Schema.optionalKey(Schema.Defect()),
}) {
  override get message() {
    const what = {
      not_found: "is not installed",
      not_permitted: "may not be started by this user",
      timed_out: "did not finish in time",
      killed: "was ended by a signal",
      failed: "could not be run",
    }[this.reason]
    return `${this.program} ${what}`
  }
}

/**
 * Runs programs with the one fixed environment: PATH, LC_ALL=C.UTF-8 where the host has it (else C), LANGUAGE
 * unset, no terminal, no pager, no colour, debconf noninteractive. Ends when the program exits, not when its
 * pipes close, because a maintainer script may leave a daemon behind that keeps them open.
 */
export class Subprocess extends Context.Service<
  Subprocess,
  {
    readonly run: (request: SubprocessRequest) => Effect.Effect<SubprocessResult, SubprocessError>
  }
>()("patchctl/host/Subprocess") {}
