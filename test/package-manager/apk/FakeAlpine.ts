import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import {
  Subprocess,
  SubprocessError,
  type SubprocessRequest,
  type SubprocessResult,
} from "../../../src/host/Subprocess.ts"
import { apkPaths } from "../../../src/package-manager/apk/apkCommands.ts"
import {
  cachedIndexName,
  parseRepositories,
  type Generation,
} from "../../../src/package-manager/apk/apkRepositories.ts"
import type { AlpineState, LabPackage } from "./alpineScenarios.ts"
import { brokenText, indexText, installedText, queryText, transactionText, type Step } from "./apkTexts.ts"
import { HostFiles } from "./hostFiles.ts"

const repository = "http://repo.example.org/main"

/** Steps, or what stands against them. */
type Solution = { readonly steps: ReadonlyArray<Step> } | { readonly objection: string }

/**
 * A host with apk 2 or 3 that answers in the words recorded in test/fixtures/apk, and changes as it would: its database,
 * its world and its indexes are files. Its solver knows as much as the scenarios need.
 */
export class FakeAlpine {
  readonly files = new HostFiles()
  /** Transactions: the words after `apk`. */
  readonly runs: Array<ReadonlyArray<string>> = []
  isServerDown = false
  offered: ReadonlyArray<LabPackage>
  readonly broken = new Set<string>()
  private readonly installed: Map<string, LabPackage>
  private readonly world: ReadonlyArray<string>
  private readonly generation: Generation
  private readonly index: string

  constructor(generation: Generation, state: AlpineState, now: number) {
    this.generation = generation
    this.offered = state.offered
    this.world = state.world
    this.installed = new Map(state.installed.map((row) => [row.name, row]))
    const [row] = parseRepositories([repository], "x86_64")
    this.index = `${apkPaths.staticCache}/${row === undefined ? "" : cachedIndexName(row, generation)}`
    this.files.write(apkPaths.architecture, "x86_64\n", now)
    this.files.write(apkPaths.repositories, `${repository}\n`, now)
    this.files.write(apkPaths.world, `${state.world.join("\n")}\n`, now)
    this.files.write(apkPaths.lock, "", now)
    this.commit(now)
    this.download(now)
  }

  get service(): Subprocess["Service"] {
    return Subprocess.of({
      run: (request) =>
        Effect.flatMap(Clock.currentTimeMillis, (now) => {
          const answer = this.answer(request, now)
          return answer === undefined
            ? Effect.fail(new SubprocessError({ program: request.program, reason: "not_found" }))
            : Effect.as(this.tell(request, answer.stdout ?? ""), {
                exitCode: 0,
                stdout: "",
                stderr: "",
                truncated: false,
                ...answer,
              })
        }),
    })
  }

  version(name: string) {
    return this.installed.get(name)?.version ?? ""
  }

  /** apk was killed in the script of a package: its files are new, the database is not. */
  interrupt(row: LabPackage, now: number) {
    this.files.write(`${apkPaths.scripts}/${row.name}-${row.version}.post-upgrade`, "#!/bin/sh\n", now)
  }

  lock(pid: number, now: number) {
    const inode = this.files.all.get(apkPaths.lock)?.inode ?? 0n
    this.files.write("/proc/locks", `1: FLOCK  ADVISORY  WRITE ${pid} fe:00:${inode} 0 EOF\n`, now)
    this.files.write(`/proc/${pid}/comm`, "apk\n", now)
  }

  setIndexAge(seconds: number | undefined, now: number) {
    if (seconds === undefined) this.files.remove(this.index)
    else this.files.touch(this.index, now - seconds * 1000)
  }

  private tell({ onLine }: SubprocessRequest, stdout: string) {
    return onLine === undefined
      ? Effect.void
      : Effect.forEach(stdout.split("\n").slice(0, -1), (line) => onLine(line), { discard: true })
  }

  private commit(now: number) {
    this.files.write(apkPaths.installed, installedText([...this.installed.values()], this.broken), now)
  }

  private download(now: number) {
    this.files.write(this.index, indexText(this.offered), now)
  }

  private answer({ program, args }: SubprocessRequest, now: number): Partial<SubprocessResult> | undefined {
    // BusyBox knows the options of POSIX only.
    if (program === "df") return args[0] === "-kP" ? {} : { exitCode: 1, stderr: "df: unrecognized option\n" }
    if (program === "gzip") return { stdout: this.files.all.get(args[1] ?? "")?.text ?? "" }
    if (program !== "apk") return undefined
    const [command = "", ...rest] = args
    const names = rest.filter((word) => /^[a-z]+[a-z0-9]*(?:-[a-z0-9]+)*$/.test(word) && this.isKnown(word))
    switch (command) {
      case "--version":
        return { stdout: `apk-tools ${this.generation === 2 ? "2.14.10" : "3.0.6"}, compiled for x86_64.\n` }
      case "update":
        return this.update(now)
      case "policy":
        return {
          stdout: names
            .toSorted()
            .map((name) => this.policy(name))
            .join(""),
          stderr: this.warning,
        }
      case "info":
        return { stdout: names.map((name) => this.description(name)).join(""), exitCode: 1 }
      case "list":
      case "query":
        return this.list(rest.includes("--upgradable") ? undefined : names)
      default:
        return rest.includes("--simulate")
          ? this.simulate(command, rest, names)
          : this.transact(command, args, names, now)
    }
  }

  private isKnown(name: string) {
    return this.installed.has(name) || this.offered.some((row) => row.name === name)
  }

  private get hasIndex() {
    return this.files.all.has(this.index)
  }

  /** apk 3 names the file of the index, apk 2 the repository. */
  private get place() {
    return this.generation === 2 ? repository : `${repository}/x86_64/APKINDEX.tar.gz`
  }

  private get warning() {
    return this.hasIndex ? "" : `WARNING: opening from cache ${this.place}: No such file or directory\n`
  }

  private newest(name: string): LabPackage | undefined {
    const row = this.hasIndex ? this.offered.find((one) => one.name === name) : undefined
    return row !== undefined && row.version > this.version(name) ? row : undefined
  }

  private update(now: number): Partial<SubprocessResult> {
    if (this.isServerDown) {
      const reason =
        this.generation === 2 ? "temporary error (try again later)" : "HTTP 503: Service Unavailable"
      const action = this.hasIndex ? "updating" : "updating and opening"
      return { exitCode: 1, stderr: `WARNING: ${action} ${this.place}: ${reason}\n` }
    }
    this.download(now)
    return { stdout: `v1.1 [${repository}]\nOK: ${this.offered.length} distinct packages available\n` }
  }

  private policy(name: string) {
    const present = this.version(name)
    const offered = this.hasIndex ? this.offered.filter((row) => row.name === name) : []
    const versions = [
      ...new Set([...(present === "" ? [] : [present]), ...offered.map((row) => row.version)]),
    ]
    const lines = versions
      .toSorted()
      .flatMap((version) => [
        `  ${version}:`,
        ...(version === present ? ["    lib/apk/db/installed"] : []),
        ...(offered.some((row) => row.version === version) ? [`    ${repository}`] : []),
      ])
    return [`${name} policy:`, ...lines, ""].join("\n")
  }

  private description(name: string) {
    const full = `${name}-${this.version(name)}`
    return `${full} description:\nPackage ${name} of the lab\n\n${full} webpage:\nhttps://lab.example.org/${name}\n\n`
  }

  private list(names: ReadonlyArray<string> | undefined): Partial<SubprocessResult> {
    const rows = [...this.installed.keys()].flatMap((name) => this.newest(name) ?? [])
    if (this.generation === 3) {
      const found = names === undefined ? rows : this.offered.filter(({ name }) => names.includes(name))
      return { stdout: queryText(found, repository), stderr: this.warning }
    }
    const lines = rows.map(
      ({ name, version }) =>
        `${name}-${version} x86_64 {${name}} (MIT) [upgradable from: ${name}-${this.version(name)}]\n`,
    )
    return { stdout: lines.join(""), stderr: this.warning }
  }

  private solve(names: ReadonlyArray<string>): Solution {
    const targets = names
      .filter((name) => !this.world.some((word) => word.startsWith(`${name}=`)))
      .flatMap((name) => this.newest(name) ?? [])
    const steps: Array<Step> = []
    for (const row of targets) {
      for (const need of row.depends ?? []) {
        const name = need.replace("!", "")
        const other = this.installed.get(name)
        const offer = this.offered.find((one) => one.name === name)
        if (need.startsWith("!")) {
          if (other !== undefined && this.world.includes(name)) {
            return { objection: brokenText("breaks", row, other, need) }
          }
          if (other !== undefined) steps.push({ verb: "Purging", row: other })
        } else if (other === undefined) {
          if (offer === undefined)
            return { objection: brokenText("missing", row, { name, version: "" }, need) }
          steps.push({ verb: "Installing", row: offer })
        }
      }
      steps.push({ verb: "Upgrading", row, from: this.version(row.name) })
    }
    return { steps }
  }

  private print(steps: ReadonlyArray<Step>, said: (step: Step) => ReadonlyArray<string>) {
    const { size: packages } = this.installed
    return transactionText(this.generation, steps, said, { errors: this.broken.size, packages })
  }

  private simulate(
    command: string,
    options: ReadonlyArray<string>,
    names: ReadonlyArray<string>,
  ): Partial<SubprocessResult> {
    if (!this.hasIndex && command === "upgrade") {
      const stderr = `${this.warning}ERROR: Not continuing due to stale/unavailable repositories. Use --force-missing-repositories to continue.\n`
      return { exitCode: 99, stderr }
    }
    const solution =
      command === "fix" ? this.reinstall(names) : this.solve(options.includes("*") ? [] : names)
    return "objection" in solution
      ? { exitCode: 2, stderr: `ERROR: unable to select packages:\n${solution.objection}` }
      : { exitCode: this.broken.size, stdout: this.print(solution.steps, () => []) }
  }

  private reinstall(names: ReadonlyArray<string>): { readonly steps: ReadonlyArray<Step> } {
    return {
      steps: names.flatMap((name): ReadonlyArray<Step> => {
        const row = this.installed.get(name)
        return row === undefined ? [] : [{ verb: "Reinstalling", row }]
      }),
    }
  }

  private transact(
    command: string,
    args: ReadonlyArray<string>,
    names: ReadonlyArray<string>,
    now: number,
  ): Partial<SubprocessResult> {
    this.runs.push(args)
    const solution = command === "fix" ? this.reinstall(names) : this.solve(names)
    if ("objection" in solution) return { exitCode: 2, stderr: solution.objection }
    const errors: Array<string> = []
    for (const { verb, row } of solution.steps) {
      if (verb === "Purging") this.installed.delete(row.name)
      else this.installed.set(row.name, row)
      this.broken.delete(row.name)
      if (row.postUpgrade !== "fails") continue
      this.broken.add(row.name)
      const script = `${row.name}-${row.version}.post-upgrade`
      errors.push(
        this.generation === 2
          ? `it went wrong\nERROR: ${script}: script exited with error 3\n`
          : `  * it went wrong\nERROR: lib/apk/exec/${script}: exited with error 3\n`,
      )
    }
    this.commit(now)
    const indent = this.generation === 2 ? "" : "  "
    const stdout = this.print(solution.steps, ({ row }) =>
      row.postUpgrade === undefined ? [] : [`${indent}Executing ${row.name}-${row.version}.post-upgrade`],
    )
    return { exitCode: this.broken.size, stdout, stderr: errors.join("") }
  }
}
