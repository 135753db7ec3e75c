import type { HostFacts } from "../domain/Host.ts"

/** A backslash takes the meaning from any character outside quotes, but only from these four inside double ones. */
const unquote = (value: string): string => {
  const quoted = /^(["'])(.*)\1$/s.exec(value)
  if (quoted === null) return value.replaceAll(/\\(.)/gs, "$1")
  const [, quote, text = ""] = quoted
  return quote === "'" ? text : text.replaceAll(/\\(["$`\\])/g, "$1")
}

/**
 * The assignments of os-release(5): one per line, quoted as a shell would, without expansion or concatenation;
 * the last one of a name counts. Lines that are no assignment are passed over, as the man page asks.
 */
export const osRelease = (text: string): ReadonlyMap<string, string> =>
  new Map(
    text
      .split("\n")
      .map((line) => /^([A-Za-z_][A-Za-z0-9_]*)=(.*)$/s.exec(line.trim()))
      .filter((match) => match !== null)
      .map(([, name = "", value = ""]) => [name, unquote(value)] as const),
  )

/** The distribution in our vocabulary, with os-release(5)'s defaults. A rolling release has no version. */
export const distribution = (
  assignments: ReadonlyMap<string, string>,
): Pick<HostFacts, "osId" | "osVersion" | "osName" | "osCodename"> => {
  const codename = assignments.get("VERSION_CODENAME")
  return {
    osId: assignments.get("ID") ?? "linux",
    osVersion: assignments.get("VERSION_ID") ?? "",
    osName: assignments.get("PRETTY_NAME") ?? assignments.get("NAME") ?? "Linux",
    ...(codename === undefined || codename === "" ? {} : { osCodename: codename }),
  }
}

/** Whether the distribution is Debian or made from it, so that its kernel versions compare as Debian's do. */
export const isDebian = (assignments: ReadonlyMap<string, string>): boolean =>
  [assignments.get("ID"), ...(assignments.get("ID_LIKE") ?? "").split(" ")].includes("debian")

/** The package database that a distribution lives off. */
export type DatabaseFamily = "dpkg" | "rpm" | "rpm_suse" | "apk" | "pacman" | "other"

const families: Readonly<Record<string, DatabaseFamily>> = {
  debian: "dpkg",
  ubuntu: "dpkg",
  fedora: "rpm",
  rhel: "rpm",
  centos: "rpm",
  mageia: "rpm",
  openmandriva: "rpm",
  amzn: "rpm",
  mariner: "rpm",
  azurelinux: "rpm",
  openeuler: "rpm",
  suse: "rpm_suse",
  opensuse: "rpm_suse",
  sles: "rpm_suse",
  sled: "rpm_suse",
  alpine: "apk",
  chimera: "apk",
  wolfi: "apk",
  chainguard: "apk",
  postmarketos: "apk",
  arch: "pacman",
  archarm: "pacman",
  gentoo: "other",
  nixos: "other",
}

/**
 * The family of the first of `ID` and `ID_LIKE` that is known, whatever else is installed as a tool. A name that nobody
 * knows is undefined: derivatives are many, and a database speaks for itself.
 */
export const databaseFamily = (assignments: ReadonlyMap<string, string>): DatabaseFamily | undefined =>
  [assignments.get("ID") ?? "", ...(assignments.get("ID_LIKE") ?? "").split(" ")]
    .map((name) => families[name] ?? (name.startsWith("opensuse-") ? "rpm_suse" : undefined))
    .find((family) => family !== undefined)
