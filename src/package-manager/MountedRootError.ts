import * as Schema from "effect/Schema"

const remedies = {
  no_folder: "name the folder on which the file system is mounted",
  unreadable: "scan as root, or look after the mount",
  leads_outside: "nothing outside the root is read; mount the file system at its own top",
  no_file: "only ordinary files are read",
  too_large: "no file of this kind is so large; nothing of it is used",
  no_database: "name the top of a Linux system, or give the packages with --inventory",
  database_damaged: "repair the database, or mount a backup of it",
  tool_missing: "install rpm here, or give the packages with --inventory",
  unknown_format:
    "scan on a host with the rpm of that distribution, or give its packages there with --inventory",
} as const

/** The packages of a mounted root cannot be listed at all. What is only incomplete is a `PartialReason` instead. */
export class MountedRootError extends Schema.TaggedError<MountedRootError>()("MountedRootError", {
  root: Schema.String,
  /** As the mounted system sees it, from its own `/`. */
  path: Schema.String,
  reason: Schema.Literals([
    "no_folder",
    "unreadable",
    "leads_outside",
    "no_file",
    "too_large",
    "no_database",
    "database_damaged",
    "tool_missing",
    "unknown_format",
  ]),
  /** What was found, in words. */
  detail: Schema.String,
}) {
  override get message() {
    return `${this.path} in ${this.root}: ${this.detail}; ${remedies[this.reason]}`
  }
}
