import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import { AgentConfig } from "../config/AgentConfig.ts"
import { Environment } from "../config/Environment.ts"
import { ReleaseVersion } from "../domain/Release.ts"
import { Subprocess } from "../host/Subprocess.ts"
import { candidateCheckTimeout } from "../schedules.ts"

/** The new executable does not do on this host what it has to do before it is put to use. */
export class CandidateUnfit extends Schema.TaggedError<CandidateUnfit>()("CandidateUnfit", {
  detail: Schema.String,
}) {
  override get message() {
    return this.detail
  }
}

const decodeVersion = Schema.decodeUnknownOption(ReleaseVersion)

/** `patchctl v1.4.0` or `1.4.0`, in the last word of the first line. */
const versionIn = (stdout: string) =>
  decodeVersion((stdout.split("\n")[0] ?? "").trim().split(/\s+/).at(-1)?.replace(/^v/, ""))

const tail = (text: string) => text.trim().split("\n").slice(-3).join("; ").slice(0, 400)

/** An executable of the agent, tried before it is put to use. */
export class Candidate extends Context.Service<
  Candidate,
  {
    /** Which version it says it is; none when it does not answer. */
    readonly version: (program: string) => Effect.Effect<Option.Option<ReleaseVersion>>
    /** Whether it is that version and understands the configuration and the state of this host. */
    readonly check: (program: string, version: ReleaseVersion) => Effect.Effect<void, CandidateUnfit>
  }
>()("patchctl/self-update/Candidate") {
  static readonly layer: Layer.Layer<Candidate, never, AgentConfig | Environment | Subprocess> = Layer.effect(
    Candidate,
    Effect.gen(function* () {
      const subprocess = yield* Subprocess
      const { path: config } = yield* AgentConfig
      const { variables } = yield* Environment
      // Settings may come from there, for the new version as for this one.
      const env = Object.fromEntries(
        Object.entries(variables).flatMap(([name, value]) =>
          value !== undefined && name.startsWith("PATCHCTL_") ? [[name, value]] : [],
        ),
      )
      const run = (program: string, ...args: ReadonlyArray<string>) =>
        subprocess.run({ program, args, timeout: candidateCheckTimeout, outputLimitBytes: 65_536, env })

      const version: Candidate["Service"]["version"] = (program) =>
        run(program, "--version").pipe(
          Effect.map(({ exitCode, stdout }) => (exitCode === 0 ? versionIn(stdout) : Option.none())),
          Effect.orElseSucceed(() => Option.none()),
        )

      const check = Effect.fn("Candidate.check")(function* (program: string, expected: ReleaseVersion) {
        const found = yield* version(program)
        if (Option.getOrUndefined(found) !== expected) {
          const answer = Option.getOrElse(found, () => "nothing that is a version")
          return yield* new CandidateUnfit({
            detail: `${expected} does not start here: asked for its version it says ${answer}`,
          })
        }
        const { exitCode, stdout, stderr } = yield* run(
          program,
          "--config",
          config,
          "selftest",
          "--update",
        ).pipe(Effect.mapError(({ message }) => new CandidateUnfit({ detail: message })))
        if (exitCode !== 0) {
          return yield* new CandidateUnfit({
            detail: `${expected} cannot work here, its selftest says: ${tail(`${stdout}\n${stderr}`)}`,
          })
        }
      })
      return Candidate.of({ version, check })
    }),
  )
}
