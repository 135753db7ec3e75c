import * as Effect from "effect/Effect"
import {
  Subprocess,
  SubprocessError,
  type SubprocessRequest,
  type SubprocessResult,
} from "../../../src/host/Subprocess.ts"
import { tableOf } from "./plannedDnf.ts"

/** How a package behaves when it is upgraded to 2.0-1. */
export type Behaviour =
  | "sound"
  /** Its files are put in place, and dnf4 exits with 0. */
  | "failing post"
  /** It stays as it is, and the others are upgraded. */
  | "failing pre"
  /** dnf names it, and upgrades nothing. */
  | "unsigned"
  /** dnf upgrades nothing, and names nobody. */
  | "silent"

/**
 * A host on which some packages are installed at 1.0-1 and offered at 2.0-1: what dnf4 answers to the commands of
 * `apply`, with what it does to rpm's database. `interrupt` answers a real run in its place.
 */
export class FakeRpm {
  /** Versions by name. */
  readonly installed = new Map<string, ReadonlyArray<string>>()
  /** Real runs of dnf, oldest first: the packages they named. */
  readonly runs: Array<ReadonlyArray<string>> = []
  interrupt:
    | ((names: ReadonlyArray<string>) => Partial<SubprocessResult> | SubprocessError | undefined)
    | undefined
  /** Answers the question what dnf would do in its place. */
  planning: Partial<SubprocessResult> | undefined
  private readonly behaviours: Readonly<Record<string, Behaviour>>

  constructor(behaviours: Readonly<Record<string, Behaviour>>) {
    this.behaviours = behaviours
    for (const name of Object.keys(behaviours)) this.installed.set(name, ["1.0-1"])
  }

  get service(): Subprocess["Service"] {
    return Subprocess.of({ run: (request) => Effect.suspend(() => this.answer(request)) })
  }

  private answer(request: SubprocessRequest): Effect.Effect<SubprocessResult, SubprocessError> {
    const { program, args } = request
    const names = args.flatMap((word) => /^([a-z0-9-]+)-2\.0-1\.noarch$/.exec(word)?.[1] ?? [])
    const result = (answer: Partial<SubprocessResult>) =>
      Effect.succeed({ exitCode: 0, stdout: "", stderr: "", truncated: false, ...answer })
    if (program === "rpm") return result({ stdout: args.includes("--all") ? this.database() : "" })
    if (args.includes("--assumeno")) {
      return result(this.planning ?? { exitCode: 1, stdout: this.table(names) })
    }
    this.runs.push(names)
    const interrupted = this.interrupt?.(names)
    if (interrupted instanceof SubprocessError) return Effect.fail(interrupted)
    if (interrupted !== undefined) return result(interrupted)
    const said = this.perform(names)
    return Effect.forEach(said.stdout.split("\n"), (line) => request.onLine?.(line) ?? Effect.void).pipe(
      Effect.andThen(
        Effect.forEach(said.stderr.split("\n"), (line) => request.onErrorLine?.(line) ?? Effect.void),
      ),
      Effect.andThen(result(said)),
    )
  }

  private database() {
    return [...this.installed]
      .flatMap(([name, versions]) =>
        versions.map((version) => {
          const [upstream, release] = version.split("-")
          return `${name}\t0\t${upstream}\t${release}\tnoarch\t${name}-${version}.src.rpm\t(none)\n`
        }),
      )
      .join("")
  }

  private table(names: ReadonlyArray<string>) {
    const pending = names.filter((name) => this.installed.get(name)?.includes("2.0-1") !== true)
    return pending.length === 0
      ? "Dependencies resolved.\nNothing to do.\nComplete!\n"
      : tableOf(pending.map((name) => ({ name, version: "2.0-1", architecture: "noarch" })))
  }

  private perform(names: ReadonlyArray<string>) {
    const is = (behaviour: Behaviour) => names.filter((name) => this.behaviours[name] === behaviour)
    const unsigned = is("unsigned").map((name) => `Package ${name}-2.0-1.noarch.rpm is not signed\n`)
    if (unsigned.length > 0 || is("silent").length > 0) {
      return { exitCode: 1, stdout: "", stderr: `${unsigned.join("")}Error: GPG check FAILED\n` }
    }
    const stdout: Array<string> = []
    const stderr: Array<string> = []
    for (const [at, name] of names.entries()) {
      stdout.push(`  Upgrading        : ${name}-2.0-1.noarch    ${at + 1}/${names.length} `)
      if (this.behaviours[name] === "failing pre") {
        stdout.push(`error: %prein(${name}-2.0-1.noarch) scriptlet failed, exit status 3`)
        stderr.push("Error: Transaction failed\n")
        continue
      }
      this.installed.set(name, ["2.0-1"])
      if (this.behaviours[name] === "failing post") {
        stdout.push(`warning: %post(${name}-2.0-1.noarch) scriptlet failed, exit status 4`)
      }
    }
    return { exitCode: stderr.length === 0 ? 0 : 1, stdout: stdout.join("\n"), stderr: stderr.join("") }
  }
}
