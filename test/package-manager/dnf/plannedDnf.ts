import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { InstallUpdates } from "../../../src/domain/Command.ts"
import { collectInventory } from "../../../src/package-manager/dnf/collectInventory.ts"
import { collectUpdates } from "../../../src/package-manager/dnf/collectUpdates.ts"
import { makePlan } from "../../../src/package-manager/dnf/dnfPlan.ts"
import { type Responder, when } from "../../fakes/FakeSubprocess.ts"
import { recordedDnf, type RecordedDnf } from "./recordedDnf.ts"

// Plans on a recorded host: its own answers, and a solver that decides as dnf does there.

interface Row {
  readonly name: string
  readonly version: string
  readonly architecture: string
}

/** `name-version-release.arch`, or a bare name at the newest version. */
const rowOf = (spec: string): Row => {
  const [, name, version, architecture] = /^(.+)-([^-]+-[^-]+)\.([^.]+)$/.exec(spec) ?? []
  return name === undefined || version === undefined || architecture === undefined
    ? { name: spec, version: "1.1-1", architecture: "x86_64" }
    : { name, version, architecture }
}

const section = (headline: string, rows: ReadonlyArray<Row>, below: (row: Row) => string = () => "") =>
  rows.length === 0
    ? ""
    : `${headline}:\n${rows.map((row) => ` ${row.name} ${row.architecture} ${row.version} lab 5.5 k\n${below(row)}`).join("")}`

const count = (verb: string, rows: number) => (rows === 0 ? "" : `${verb}  ${rows} Packages\n`)

/** The table of dnf 4. */
export const tableOf = (
  upgraded: ReadonlyArray<Row>,
  installed: ReadonlyArray<Row> = [],
  removed: ReadonlyArray<Row> = [],
): string => {
  const rule = `${"=".repeat(80)}\n`
  const replaced = ({ name }: Row) => (name === "lab-new" ? "     replacing  lab-old.noarch 1.0-1\n" : "")
  return [
    `Dependencies resolved.\n${rule} Package  Architecture  Version  Repository  Size\n${rule}`,
    section("Upgrading", upgraded),
    section("Installing", installed, replaced),
    section("Removing dependent packages", removed),
    `\nTransaction Summary\n${rule}`,
    count("Install", installed.length),
    count("Upgrade", upgraded.length),
    count("Remove", removed.length),
  ].join("")
}

const unsat = `Error: 
 Problem: cannot install the best update candidate for package lab-unsat-1.0-1.noarch
  - nothing provides lab-nowhere needed by lab-unsat-1.1-1.noarch from lab
`
const conflict = `Error: 
 Problem: problem with installed package lab-victim-1.0-1.noarch
  - package lab-conflict-1.1-1.noarch from lab conflicts with lab-victim provided by lab-victim-1.0-1.noarch from @System
  - cannot install the best update candidate for package lab-conflict-1.0-1.noarch
`

/** What `dnf --assumeno upgrade --best` says: lab-archchange is not found under its old architecture, nor lab-new. */
const solver: Responder = (argv) => {
  if (!argv.includes("--assumeno") || !argv.includes("--best")) return undefined
  const specs = argv.slice(argv.indexOf("--best") + 1).filter((word) => !word.startsWith("-"))
  const unknown = specs.filter((spec) => /^lab-archchange-.*noarch$|^lab-new-\d/.test(spec))
  const found = specs.filter((spec) => !unknown.includes(spec)).map(rowOf)
  const has = (name: string) => found.some((row) => row.name === name)
  const noMatch = unknown.map((spec) => `No match for argument: ${spec}\n`).join("")
  if (has("lab-unsat")) return { exitCode: 1, stdout: noMatch, stderr: unsat }
  const erases = argv.includes("--allowerasing")
  if (has("lab-conflict") && !erases) {
    return {
      exitCode: 1,
      stdout: `${noMatch}(try to add '--allowerasing' to command line)\n`,
      stderr: conflict,
    }
  }
  const victim = { name: "lab-victim", version: "1.0-1", architecture: "noarch" }
  const dependency = { name: "lab-newdep-lib", version: "1.0-1", architecture: "noarch" }
  const successor = { name: "lab-new", version: "1.1-1", architecture: "noarch" }
  const upgraded = found.filter(({ name }) => name !== "lab-old")
  const stdout =
    upgraded.length === 0 && !has("lab-old")
      ? `${noMatch}Error: No packages marked for upgrade.\n`
      : `${noMatch}${tableOf(
          upgraded,
          [...(has("lab-newdep") ? [dependency] : []), ...(has("lab-old") ? [successor] : [])],
          has("lab-conflict") ? [victim] : [],
        )}`
  return { exitCode: 1, stdout, stderr: "Operation aborted.\n" }
}

/** Every version that is asked for by its exact words, from the repository `lab`, 1,000 bytes to download, 5,000 installed. */
const details: Responder = (argv) => {
  if (!argv.some((word) => word.includes("%{installsize}"))) return undefined
  if (argv.some((word) => word.includes("%{summary}"))) return undefined
  const specs = argv.slice(argv.findIndex((word) => word.startsWith("--queryformat")) + 1)
  return specs
    .map(rowOf)
    .map(({ name, version, architecture }) => {
      const [upstream, release] = version.split("-")
      return `${name}|0|${upstream}|${release}|${architecture}|lab|1000|5000\n`
    })
    .join("\n")
}

/** Every named package is offered at 1.0-1 and 1.1-1. */
const offers: Responder = (argv) => {
  if (!argv.includes("--available") || argv.some((word) => word.includes("install"))) return undefined
  const format = argv.findIndex((word) => word.startsWith("--queryformat"))
  return argv
    .slice(format + 1)
    .flatMap((name) => ["1.0", "1.1"].map((version) => `${name}|0|${version}|1|noarch|lab|1000\n`))
    .join("")
}

const around: ReadonlyArray<Responder> = [
  (argv) =>
    argv.some((word) => word.includes("%{LONGSIZE}"))
      ? "lab-plain|0|1.0|1|noarch|2000\nlab-newdep|0|1.0|1|noarch|3000\n"
      : undefined,
  when("repoquery --obsoletes lab-new-1.1-1.noarch", "lab-old < 1.1\n"),
  when("df", `${["/var/cache/dnf", "/", "/boot"].map((path) => `${10 ** 12} / ${path}`).join("\n")}\n`),
]

const decodeRequest = Schema.decodeUnknownSync(InstallUpdates)

export const plan = Effect.fnUntraced(function* (
  request: object,
  changes: Parameters<typeof recordedDnf>[1] & { readonly before?: Effect.Effect<void> } = {},
  host: RecordedDnf = "dnf-4.23",
) {
  const { dependencies, calls } = yield* recordedDnf(host, {
    ...changes,
    responders: [...(changes.responders ?? []), solver, details, offers, ...around],
  })
  yield* changes.before ?? Effect.void
  const planned = yield* makePlan({
    ...dependencies,
    inventory: collectInventory(dependencies, "inventory"),
    updates: collectUpdates(dependencies),
  })(decodeRequest(request))
  // The listing of updates makes trials of its own, by bare names.
  const trials = calls.filter(
    ({ args }) => args.includes("--best") && args.some((word) => /-1\.1-1\./.test(word)),
  ).length
  return { ...planned, trials }
})

export const packages = (...names: ReadonlyArray<string>) => ({
  selection: { kind: "packages", packages: names.map((name) => ({ name, version: "1.1-1" })) },
})
