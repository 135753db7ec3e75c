import * as Effect from "effect/Effect"
import {
  Subprocess,
  SubprocessError,
  type SubprocessRequest,
  type SubprocessResult,
} from "../../../src/host/Subprocess.ts"

/** How a package behaves when it is upgraded to 2.0. */
export type Behaviour =
  | "sound"
  /** dpkg names it, and everything else of the run stays unpacked. */
  | "failing preinst"
  | "failing postinst"
  /** The whole run fails without a word about this package. */
  | "silent"

interface Installed {
  version: string
  /** `iHR`: unpacking was cut off, and only unpacking again helps. */
  state: "ii" | "iU" | "iF" | "iHR"
}

/**
 * A host on which some packages are installed at 1.0 and offered at 2.0: the commands that `apply` runs, with what
 * they do to dpkg's database. `interrupt` answers a real run in its place.
 */
export class FakeDpkg {
  readonly installed = new Map<string, Installed>()
  readonly automatic = new Set<string>()
  /** Real runs of apt-get and dpkg, oldest first: the packages they named. */
  readonly runs: Array<ReadonlyArray<string>> = []
  interrupt:
    | ((names: ReadonlyArray<string>) => Partial<SubprocessResult> | SubprocessError | undefined)
    | undefined
  private readonly behaviours: Readonly<Record<string, Behaviour>>

  constructor(behaviours: Readonly<Record<string, Behaviour>>) {
    this.behaviours = behaviours
    for (const name of Object.keys(behaviours)) this.installed.set(name, { version: "1.0", state: "ii" })
  }

  get service(): Subprocess["Service"] {
    return Subprocess.of({ run: (request) => Effect.suspend(() => this.answer(request)) })
  }

  private answer(request: SubprocessRequest): Effect.Effect<SubprocessResult, SubprocessError> {
    const { program, args } = request
    const names = args.includes("--reinstall")
      ? args.slice(args.indexOf("--") + 1)
      : args.flatMap((word) => /^([a-z0-9-]+):all=2\.0$/.exec(word)?.[1] ?? [])
    const result = (answer: Partial<SubprocessResult>) =>
      Effect.succeed({ exitCode: 0, stdout: "", stderr: "", truncated: false, ...answer })
    if (program === "dpkg-query") return result({ stdout: this.database() })
    if (program === "apt-mark") return result({ stdout: this.marks(args) })
    if (args.includes("-s")) return result({ stdout: args.includes("check") ? "" : this.plan(names) })
    const interrupted = this.interrupt?.(names)
    if (interrupted instanceof SubprocessError) return Effect.fail(interrupted)
    this.runs.push(names)
    if (interrupted !== undefined) return result(interrupted)
    const { exitCode, status } = program === "dpkg" ? this.configure() : this.install(names)
    return Effect.forEach(status, (line) => request.onStatusLine?.(line) ?? Effect.void).pipe(
      Effect.andThen(
        result({
          exitCode,
          stderr: exitCode === 0 ? "" : "E: Sub-process /usr/bin/dpkg returned an error code (1)\n",
        }),
      ),
    )
  }

  private database() {
    return [...this.installed]
      .map(
        ([name, { version, state }]) => `${state.padEnd(3)}\t${name}\t${version}\tall\t${name}\t${version}\n`,
      )
      .join("")
  }

  private marks([verb, , ...names]: ReadonlyArray<string>) {
    for (const name of names) {
      if (verb === "auto") this.automatic.add(name)
      else this.automatic.delete(name)
    }
    return [...this.automatic].map((name) => `${name}\n`).join("")
  }

  private plan(names: ReadonlyArray<string>) {
    return names
      .filter((name) => this.installed.get(name)?.version === "1.0")
      .map((name) => `Inst ${name} [1.0] (2.0 Lab:1/stable [all])\n`)
      .join("")
  }

  private configure() {
    const status: Array<string> = []
    for (const [name, row] of this.installed) {
      if (row.state === "ii" || row.state === "iHR") continue
      const fails = this.behaviours[name] === "failing postinst"
      row.state = fails ? "iF" : "ii"
      if (fails) status.push(`status: ${name} : error : exit status 4`)
    }
    return { exitCode: status.length === 0 ? 0 : 1, status }
  }

  private install(names: ReadonlyArray<string>) {
    for (const name of names) this.automatic.delete(name)
    const status: Array<string> = []
    const is = (behaviour: Behaviour) => names.filter((name) => this.behaviours[name] === behaviour)
    if (is("silent").length > 0) return { exitCode: 100, status }
    const broken = new Set(is("failing preinst"))
    for (const name of names) {
      if (!broken.has(name)) this.installed.set(name, { version: "2.0", state: "iU" })
      else status.push(`pmerror:/var/cache/apt/archives/${name}_2.0_all.deb:10.0:exit status 3`)
    }
    if (broken.size > 0) return { exitCode: 100, status }
    const configured = this.configure()
    return {
      exitCode: configured.exitCode === 0 ? 0 : 100,
      status: [
        ...names.map((name) => `pmstatus:${name}:50.0:Configuring ${name} (all)`),
        ...configured.status,
      ],
    }
  }
}
