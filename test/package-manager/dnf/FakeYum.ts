import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import {
  Subprocess,
  SubprocessError,
  type SubprocessRequest,
  type SubprocessResult,
} from "../../../src/host/Subprocess.ts"
import { HostFiles } from "../apk/hostFiles.ts"

/** A package of the repository, for `noarch`. */
export interface YumPackage {
  readonly name: string
  /** `version-release` */
  readonly version: string
  /** The name of a package that it excludes. */
  readonly conflicts?: string
  /** A CVE that it mends, by an advisory about security. */
  readonly mends?: string
  readonly isPostFailing?: boolean
}

const repository = "lab"
const cache = `/var/cache/yum/x86_64/7/${repository}`
const cookie = `${cache}/cachecookie`
const lockFile = "/var/run/yum.pid"
const rule = "=".repeat(80)

const nevraOf = ({ name, version }: YumPackage) => `${name}-${version}.noarch`

/** ctime(3) in UTC: `Sun Nov  1 09:08:07 2026`. */
const ctime = (at: number) => {
  const [day = "", date = "", month = "", year = "", time = ""] = new Date(at).toUTCString().split(/,? /)
  return `${day} ${month} ${String(Number(date)).padStart(2)} ${time} ${year}`
}

/** `simpleList` of yum's `output.py`, within 80 columns. */
const listText = (rows: ReadonlyArray<YumPackage>) =>
  rows
    .map(
      ({ name, version }) =>
        `${`${name}.noarch`.padEnd(40)} ${version.padEnd(22)} ${repository.padEnd(16)}\n`,
    )
    .join("")

const tableRow = ({ name, version }: YumPackage) =>
  ` ${name.padEnd(20)} noarch ${version.padEnd(20)} ${repository.padEnd(12)} 2.1 k\n`

/** A host with yum 3.4.3 and rpm 4.11, which answers in the shape of their sources and changes as it would. */
export class FakeYum {
  readonly files = new HostFiles()
  isServerDown = false
  /** Names that the versionlock plugin keeps. */
  private readonly held: ReadonlyArray<string>
  private readonly installed: Map<string, ReadonlyArray<string>>
  private readonly offered: ReadonlyArray<YumPackage>

  constructor(
    state: {
      readonly installed: ReadonlyMap<string, ReadonlyArray<string>>
      readonly offered: ReadonlyArray<YumPackage>
      readonly held?: ReadonlyArray<string>
    },
    now: number,
  ) {
    this.installed = new Map(state.installed)
    this.offered = state.offered
    this.held = state.held ?? []
    this.files.write(
      "/etc/yum.conf",
      "[main]\ncachedir=/var/cache/yum/$basearch/$releasever\nplugins=1\n",
      now,
    )
    this.files.write("/etc/yum/pluginconf.d/versionlock.conf", "[main]\nenabled = 1\n", now)
    const locks = this.held.map((name) => `0:${name}-${this.version(name)}.*\n`)
    this.files.write("/etc/yum/pluginconf.d/versionlock.list", locks.join(""), now)
    this.download(now, true)
    this.setIndexAge(3600, now)
  }

  get service(): Subprocess["Service"] {
    return Subprocess.of({
      run: (request) =>
        Effect.flatMap(Clock.currentTimeMillis, (now) => {
          const answer = this.answer(request, now)
          if (answer === undefined) {
            return Effect.fail(new SubprocessError({ program: request.program, reason: "not_found" }))
          }
          const result = { exitCode: 0, stdout: "", stderr: "", truncated: false, ...answer }
          const lines = result.stdout.split("\n").slice(0, -1)
          return Effect.as(
            Effect.forEach(lines, (line) => request.onLine?.(line) ?? Effect.void, { discard: true }),
            result,
          )
        }),
    })
  }

  /** The versions that rpm has of a package; "" for none. */
  version(name: string) {
    return (this.installed.get(name) ?? []).join(" ")
  }

  lock(pid: number, now: number) {
    this.files.write(lockFile, `${pid}`, now)
    this.files.write(`/proc/${pid}/stat`, `${pid} (yum) S 1 1 1 0 -1 0`, now)
    this.files.write(`/proc/${pid}/comm`, "yum\n", now)
  }

  unlock() {
    this.files.remove(lockFile)
  }

  /** When the metadata was last found to be current; undefined for a host that has none. */
  setIndexAge(seconds: number | undefined, now: number) {
    if (seconds !== undefined) this.files.touch(cookie, now - seconds * 1000)
    else for (const path of this.files.all.keys()) if (path.startsWith(cache)) this.files.remove(path)
  }

  private download(now: number, withAdvisories: boolean) {
    const data = '<data type="updateinfo"><location href="repodata/updateinfo.xml.gz"/></data>'
    this.files.write(`${cache}/repomd.xml`, data, now)
    this.files.write(cookie, "", now)
    if (withAdvisories) this.files.write(`${cache}/updateinfo.xml.gz`, "", now)
  }

  private answer({ program, args }: SubprocessRequest, now: number): Partial<SubprocessResult> | undefined {
    if (program === "df" || program === "rpmdb") return {}
    if (program === "rpm") return this.rpm(args)
    return program === "yum" ? this.yum(args, now) : undefined
  }

  private rpm(args: ReadonlyArray<string>): Partial<SubprocessResult> {
    const format = args[args.indexOf("--queryformat") + 1] ?? ""
    if (format.includes("MODULARITYLABEL")) {
      return { stderr: 'error: incorrect format: unknown tag: "MODULARITYLABEL"\n' }
    }
    if (args.includes("--whatprovides")) return { exitCode: 1, stdout: "no package provides kernel\n" }
    const names = args.includes("--all") ? [...this.installed.keys()] : args.slice(args.indexOf("--") + 1)
    const records = names.flatMap((name) => {
      const versions = this.installed.get(name)
      return versions === undefined
        ? [`package ${name} is not installed\n`]
        : versions.map((version) => this.record(format, name, version))
    })
    return { stdout: records.join(""), exitCode: names.every((name) => this.installed.has(name)) ? 0 : 1 }
  }

  private record(format: string, name: string, full: string) {
    const [version = "", release = ""] = full.split("-")
    const tags: Readonly<Record<string, string>> = {
      NAME: name,
      EPOCHNUM: "0",
      VERSION: version,
      RELEASE: release,
      ARCH: "noarch",
      SOURCERPM: `${name}-${full}.src.rpm`,
    }
    return format
      .replaceAll(/%\{(\w+)\}/g, (_, tag: string) => tags[tag] ?? "(none)")
      .replaceAll("\\t", "\t")
      .replaceAll("\\n", "\n")
  }

  private yum(args: ReadonlyArray<string>, now: number): Partial<SubprocessResult> {
    const [command = "", ...rest] = args.filter((word) => !word.startsWith("-"))
    if (args.includes("--version")) return { stdout: "3.4.3\n  Installed: rpm-4.11.3-48.el7_9.x86_64\n" }
    if (this.files.all.has(lockFile)) {
      const pid = this.files.all.get(lockFile)?.text ?? ""
      const stderr = `Existing lock ${lockFile}: another copy is running as pid ${pid}.\n\n\nAnother app is currently holding the yum lock; exiting as configured by exit_on_lock\n`
      return { exitCode: 1, stderr }
    }
    if (command === "makecache") return this.makeCache(args, now)
    if (!this.files.all.has(`${cache}/repomd.xml`)) return this.noCache
    const hidden = args.includes("--disableplugin=versionlock") ? [] : this.held
    const visible = this.offered.filter(({ name }) => !hidden.includes(name))
    switch (command) {
      case "repolist":
        return { stdout: this.repositories() }
      case "check-update": {
        const rows = visible.filter((row) => this.isNewer(row))
        return rows.length === 0 ? {} : { exitCode: 100, stdout: `\n${listText(rows)}` }
      }
      case "list": {
        const rows = visible.filter(({ name }) => rest.includes(name))
        return rows.length === 0
          ? { exitCode: 1, stderr: "Error: No matching Packages to list\n" }
          : { stdout: `Available Packages\n${listText(rows)}` }
      }
      case "updateinfo":
        return { stdout: this.advisories(visible, rest.includes("cves")) }
      case "reinstall":
        return this.reinstall(rest)
      case "update":
      case "update-to":
        return this.update(args, rest, visible)
      default:
        return { exitCode: 1, stderr: `No such command: ${command}. Please use /usr/bin/yum --help\n` }
    }
  }

  /** Words of `exRepoError` in `yummain.py`, shortened in the middle. */
  private readonly noCache: Partial<SubprocessResult> = {
    exitCode: 1,
    stderr: `\n\n One of the configured repositories failed (Lab),\n and yum doesn't have enough cached data to continue.\n\n            yum-config-manager --disable ${repository}\n        or\n            subscription-manager repos --disable=${repository}\n\nCaching enabled but no local cache of ${cache}/repomd.xml from ${repository}/7/x86_64\n`,
  }

  private makeCache(args: ReadonlyArray<string>, now: number): Partial<SubprocessResult> {
    if (this.isServerDown) {
      const stderr =
        "http://repo.example.org/lab/repodata/repomd.xml: [Errno 14] HTTP Error 503 - Service Unavailable\nTrying other mirror.\n"
      return { stdout: "Metadata Cache Created\n", stderr }
    }
    const isAll = !args.includes("fast") || args.includes("--setopt=*.mdpolicy=group:small")
    this.download(now, isAll)
    return { stdout: "Metadata Cache Created\n" }
  }

  private repositories() {
    const changedAt = (path: string) => ctime(this.files.all.get(path)?.changedAt ?? 0)
    return [
      "Loaded plugins: versionlock",
      `Repo-id      : ${repository}/7/x86_64`,
      "Repo-name    : Lab",
      `Repo-updated : ${changedAt(`${cache}/repomd.xml`)}`,
      `Repo-pkgs    : ${this.offered.length}`,
      "Repo-baseurl : http://repo.example.org/lab",
      `Repo-expire  : 21,600 second(s) (last: ${changedAt(cookie)})`,
      "",
      `repolist: ${this.offered.length}\n`,
    ].join("\n")
  }

  private advisories(rows: ReadonlyArray<YumPackage>, withCves: boolean) {
    return rows
      .filter((row) => row.mends !== undefined && this.isNewer(row))
      .map((row) => `${withCves ? row.mends : "LAB-2099:0001"} Important/Sec. ${nevraOf(row)}\n`)
      .join("")
  }

  private isNewer({ name, version }: YumPackage) {
    const versions = this.installed.get(name)
    return versions !== undefined && versions.every((present) => present < version)
  }

  private update(
    args: ReadonlyArray<string>,
    specs: ReadonlyArray<string>,
    visible: ReadonlyArray<YumPackage>,
  ): Partial<SubprocessResult> {
    const wanted = visible.filter(
      (row) =>
        this.isNewer(row) && (specs.length === 0 || specs.includes(nevraOf(row)) || specs.includes(row.name)),
    )
    if (wanted.length === 0) return { stdout: "No packages marked for update\n" }
    const clashing = wanted.filter(({ conflicts = "" }) => this.installed.has(conflicts))
    const solved = [
      "Resolving Dependencies\n--> Running transaction check\n",
      ...clashing.map((row) => `--> Processing Conflict: ${nevraOf(row)} conflicts ${row.conflicts}\n`),
    ].join("")
    const [first] = clashing
    if (first !== undefined && !args.includes("--skip-broken")) {
      const other = `${first.conflicts}-${this.version(first.conflicts ?? "")}.noarch`
      const stderr = `Error: ${first.name} conflicts with ${other}\n You could try using --skip-broken to work around the problem\n You could try running: rpm -Va --nofiles --nodigest\n`
      return { exitCode: 1, stdout: `${solved}--> Finished Dependency Resolution\n`, stderr }
    }
    const rows = wanted.filter((row) => !clashing.includes(row))
    const stdout = `${solved}--> Finished Dependency Resolution\n${this.table(rows, clashing)}`
    if (args.includes("--assumeno")) return { exitCode: 1, stdout: `${stdout}Exiting on user command\n` }
    return {
      stdout: `${stdout}Running transaction\n${rows.map((row) => this.install(row)).join("")}\nComplete!\n`,
    }
  }

  private table(rows: ReadonlyArray<YumPackage>, skipped: ReadonlyArray<YumPackage>) {
    const count = (all: ReadonlyArray<YumPackage>) => `${all.length} Package${all.length === 1 ? "" : "s"}`
    const title = "Skipped (dependency problems)"
    const part = (headline: string, all: ReadonlyArray<YumPackage>) =>
      all.length === 0 ? "" : `${headline}:\n${all.map(tableRow).join("")}`
    const sum = (verb: string, all: ReadonlyArray<YumPackage>) =>
      all.length === 0 ? "" : `${verb}  ${count(all)}\n`
    const head = ` ${"Package".padEnd(20)} Arch   ${"Version".padEnd(20)} ${"Repository".padEnd(12)}  Size`
    return `\nDependencies Resolved\n\n${rule}\n${head}\n${rule}\n${part("Updating", rows)}${part(title, skipped)}\nTransaction Summary\n${rule}\n${sum("Upgrade", rows)}${sum(title, skipped)}\nTotal download size: ${rows.length * 2}.1 k\n`
  }

  /** rpm takes every older version of the package away. */
  private install(row: YumPackage) {
    this.installed.set(row.name, [row.version])
    const line = `  Updating   : ${nevraOf(row)}    1/1 \n`
    return row.isPostFailing === true
      ? `${line}warning: %post(${nevraOf(row)}) scriptlet failed, exit status 3\nNon-fatal POSTIN scriptlet failure in rpm package ${nevraOf(row)}\n`
      : line
  }

  private reinstall(specs: ReadonlyArray<string>): Partial<SubprocessResult> {
    const rows = this.offered.filter((row) => specs.includes(nevraOf(row)))
    if (rows.length === 0) return { exitCode: 1, stderr: "Error: Nothing to do\n" }
    return { stdout: `Running transaction\n${rows.map((row) => this.install(row)).join("")}\nComplete!\n` }
  }
}
