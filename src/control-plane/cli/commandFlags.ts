import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import * as Flag from "effect/cli/Flag"

const Parameters = Schema.fromJsonString(Schema.Record(Schema.String, Schema.Unknown))

const named = (name: string, metavar: string, description: string) =>
  Flag.String(name).pipe(Flag.withMetavar(metavar), Flag.withDescription(description))

const number = (name: string, metavar: string, description: string) =>
  Flag.Int(name).pipe(Flag.withMetavar(metavar), Flag.withDescription(description), Flag.optional)

const yes = (name: string, description: string) =>
  Flag.Boolean(name).pipe(Flag.withDescription(description), Flag.withDefault(false))

/** The parameters of all four commands as flags. Which of them a command takes is for its schema to say. */
export const commandFlags = {
  parameters: named(
    "parameters",
    "JSON",
    "All parameters as one JSON object, instead of the flags below",
  ).pipe(Flag.withSchema(Parameters), Flag.optional),
  refresh: named(
    "refresh",
    "never|always|SECONDS",
    "check_updates: download package metadata never, always, or when it is older than so many seconds",
  ).pipe(Flag.optional),
  packages: named(
    "package",
    "NAME[=VERSION]",
    "get_package_info: a package; install_updates: a package at exactly this version; may be repeated",
  ).pipe(Flag.atLeast(0)),
  security: yes("security", "install_updates: everything that fixes a vulnerability"),
  all: yes("all", "install_updates: everything"),
  dryRun: yes("dry-run", "install_updates: return the plan and change nothing"),
  planDigest: named("plan-digest", "SHA256", "install_updates: apply exactly the plan with this digest").pipe(
    Flag.optional,
  ),
  exclude: named("exclude", "GLOB", "install_updates: leave such packages alone; may be repeated").pipe(
    Flag.atLeast(0),
  ),
  minAgeHours: number("min-age-hours", "HOURS", "install_updates: leave out what is younger"),
  deadline: named("deadline", "INSTANT", "install_updates: start nothing after this moment (ISO 8601)").pipe(
    Flag.optional,
  ),
  reboot: Flag.Literals("reboot", ["never", "if_required", "always"]).pipe(
    Flag.withDescription("install_updates: restart the host afterwards"),
    Flag.optional,
  ),
  allowRemovals: yes("allow-removals", "install_updates: packages may be removed for it"),
  repair: yes("repair", "install_updates: mend half-configured packages first"),
}

/** The flags as given on the command line. */
export interface CommandFlags {
  readonly parameters: Option.Option<Readonly<Record<string, unknown>>>
  readonly refresh: Option.Option<string>
  readonly packages: ReadonlyArray<string>
  readonly security: boolean
  readonly all: boolean
  readonly dryRun: boolean
  readonly planDigest: Option.Option<string>
  readonly exclude: ReadonlyArray<string>
  readonly minAgeHours: Option.Option<number>
  readonly deadline: Option.Option<string>
  readonly reboot: Option.Option<string>
  readonly allowRemovals: boolean
  readonly repair: boolean
}
