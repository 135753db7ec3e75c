import * as Option from "effect/Option"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import { Command, type CommandName } from "../../domain/Command.ts"
import type { CommandFlags } from "./commandFlags.ts"

const refreshOf = (text: string) => (/^\d+$/.test(text) ? { if_older_than_seconds: Number(text) } : text)

/** `name=version`; a version may hold no `=`, a name neither. */
const exactPackage = (text: string) => {
  const [name = "", version = ""] = text.split("=", 2)
  return { name, version }
}

const selections = ({ packages, security, all }: CommandFlags): ReadonlyArray<unknown> => [
  ...(packages.length > 0 ? [{ kind: "packages", packages: packages.map(exactPackage) }] : []),
  ...(security ? [{ kind: "security" }] : []),
  ...(all ? [{ kind: "all" }] : []),
]

/** What was given on the command line, under the names of the protocol; nothing is left out or judged here. */
const parametersOf = (name: CommandName, flags: CommandFlags): Readonly<Record<string, unknown>> => ({
  ...Option.match(flags.refresh, { onNone: () => ({}), onSome: (text) => ({ refresh: refreshOf(text) }) }),
  ...(name === "get_package_info"
    ? flags.packages.length > 0 && { packages: flags.packages }
    : selections(flags).length > 0 && { selection: selections(flags)[0] }),
  ...(flags.exclude.length > 0 && { exclude: flags.exclude }),
  ...Option.match(flags.minAgeHours, { onNone: () => ({}), onSome: (hours) => ({ min_age_hours: hours }) }),
  ...(flags.dryRun && { dry_run: true }),
  ...Option.match(flags.planDigest, { onNone: () => ({}), onSome: (digest) => ({ plan_digest: digest }) }),
  ...Option.match(flags.deadline, { onNone: () => ({}), onSome: (deadline) => ({ deadline }) }),
  ...Option.match(flags.reboot, { onNone: () => ({}), onSome: (reboot) => ({ reboot }) }),
  ...(flags.allowRemovals && { allow_removals: true }),
  ...(flags.repair && { repair: true }),
})

const decodeCommand = Schema.decodeUnknownResult(Command, { onExcessProperty: "error" })

/** The command that was typed, or why it is none. A flag that the command does not take is an error. */
export const commandOfFlags = (name: CommandName, flags: CommandFlags): Result.Result<Command, string> => {
  const typed = parametersOf(name, flags)
  if (Option.isSome(flags.parameters) && Object.keys(typed).length > 0) {
    return Result.fail("give either --parameters or the other flags, not both")
  }
  if (name === "install_updates" && Option.isNone(flags.parameters) && selections(flags).length !== 1) {
    return Result.fail("install_updates needs exactly one of --package NAME=VERSION, --security and --all")
  }
  return Result.mapError(
    decodeCommand({ name, parameters: Option.getOrElse(flags.parameters, () => typed) }),
    (error) => `not the parameters of ${name}: ${error.message}`,
  )
}
