import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Option from "effect/Option"
import type * as PlatformError from "effect/PlatformError"
import { ConfigError, type ConfigProblem } from "./ConfigError.ts"
import { shellWord } from "./shellWord.ts"

/** More than any configuration has; keeps a wrong path from filling the memory. */
const sizeLimitBytes = 1024 * 1024

/** Who reads, and whether the file is a credential that systemd hands over. */
export interface Reader {
  readonly userId: number
  readonly credential: boolean
}

const unreadable = (path: string, userId: number, { reason }: PlatformError.PlatformError): ConfigError => {
  const problem = (fault: string, remedy: string) =>
    new ConfigError({ problems: [{ where: path, fault, remedy }] })
  switch (reason._tag) {
    case "NotFound":
      return problem(
        "does not exist",
        'create it with {"license_key": "pk_live_…"} and mode 600, or name another file with --config',
      )
    case "PermissionDenied":
      return problem(`may not be read by user ${userId}`, "run this as root")
    default:
      return problem("cannot be read", "check the file and the disk it is on")
  }
}

/**
 * Who may own and read the file. systemd hands over a credential (systemd.exec(5), LoadCredential=) with mode 0400,
 * or 0440 where it lets the service user in by an access list, whose mask shows up as the group's bits.
 */
const accessProblems = (
  path: string,
  info: FileSystem.File.Info,
  reader: Reader,
): ReadonlyArray<ConfigProblem> => {
  const problems: Array<ConfigProblem> = []
  const mode = info.mode & 0o777
  if ((mode & (reader.credential ? 0o137 : 0o177)) !== 0) {
    problems.push({
      where: path,
      fault: `has mode ${mode.toString(8)}, which lets others at the licence key`,
      remedy: `run: chmod 600 ${shellWord(path)}`,
    })
  }
  const owner = Option.getOrElse(info.uid, () => 0)
  if (owner !== 0 && owner !== reader.userId) {
    problems.push({
      where: path,
      fault: `belongs to user ${owner}, who can change it`,
      remedy: `run: chown ${reader.userId === 0 ? "root:root" : reader.userId} ${shellWord(path)}`,
    })
  }
  return problems
}

/**
 * Reads the configuration file and checks who else could have read or written it; what the check finds comes back
 * beside the text, so that it is reported together with what is wrong inside. Never waits for a pipe's writer.
 */
export const readConfigFile = Effect.fnUntraced(
  function* (path: string, reader: Reader) {
    const files = yield* FileSystem.FileSystem
    const refuse = (fault: string, remedy: string, others: ReadonlyArray<ConfigProblem> = []) =>
      new ConfigError({ problems: [{ where: path, fault, remedy }, ...others] })

    const { type } = yield* files.stat(path)
    if (type !== "File") return yield* refuse("is not a regular file", "name the configuration file")
    const file = yield* files.open(path, { flag: "r" })
    const info = yield* file.stat
    if (info.size > sizeLimitBytes) {
      return yield* refuse("is larger than 1 MiB", "name the configuration file")
    }
    const problems = accessProblems(path, info, reader)
    const bytes = Option.getOrElse(yield* file.readAlloc(Number(info.size) + 1), () => new Uint8Array())
    const text = yield* Effect.try({
      try: () => new TextDecoder("utf-8", { fatal: true }).decode(bytes),
      catch: () => refuse("is not UTF-8 text", "save it as UTF-8", problems),
    })
    return { text, problems }
  },
  Effect.scoped,
  (read, path, { userId }) =>
    Effect.catchTag(read, "PlatformError", (error) => Effect.fail(unreadable(path, userId, error))),
)
