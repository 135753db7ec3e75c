/** A mapping of a file that may be executed and has lost its name, proc_pid_maps(5): `FROM-TO PERMS OFFSET DEV INODE PATH`. */
const deletedMapping =
  /^[0-9a-f]+-[0-9a-f]+ ..x. [0-9a-f]+ [0-9a-f]+:[0-9a-f]+ [1-9]\d* +(\/.*) \(deleted\)$/gm

/** Files that lose their names on purpose: shared memory, code that a program generates, libffi's closures. */
const onPurpose =
  /^\/(?:tmp|var\/tmp|dev|run|proc)\/|^\/(?:memfd:|SYSV|anon_hugepage|i915|drm |\[aio\])|\/ffi[A-Za-z0-9]{6}$/

/**
 * Whether a program, by its /proc/PID/maps, runs a file that was replaced or removed since. dpkg and rpm put a new file
 * in place of an old one, which then lives on without a name for whoever has it mapped.
 */
export const runsReplacedCode = (maps: string): boolean =>
  maps.matchAll(deletedMapping).some(([, path = ""]) => !onPurpose.test(path))

/** The path of /proc/PID/cgroup for a hierarchy: `ID:CONTROLLERS:PATH`, where the unified one has no controllers. */
const pathIn = (cgroup: string, controllers: string) =>
  cgroup
    .split("\n")
    .map((line) => /^\d+:([^:]*):(\/.*)$/.exec(line))
    .find((match) => match?.[1] === controllers)?.[2]

/**
 * The unit a program belongs to: systemd's in either version of cgroups, OpenRC's by the service's name. Of nested ones
 * the outermost, which is the one that the service manager of the host can restart.
 */
export const unitOf = (cgroup: string): string | undefined => {
  const openrc =
    /^\/([^/]+)/.exec(pathIn(cgroup, "name=openrc") ?? "") ??
    /^\/openrc\.([^/]+)/.exec(pathIn(cgroup, "") ?? "")
  return (
    [pathIn(cgroup, "name=systemd"), pathIn(cgroup, "")]
      .flatMap((path) => path?.split("/") ?? [])
      .find((part) => /.\.(?:service|scope)$/.test(part)) ?? openrc?.[1]
  )
}
