/** What a container leaves to be seen from inside. */
export interface ContainerTraces {
  /** /run/host/container-manager, else /run/systemd/container: the manager's own word. */
  readonly manager: string | undefined
  /** /proc/1/environ: `NAME=value` ended by NUL. Only root may read it. */
  readonly initEnvironment: string | undefined
  /** /proc/sys/kernel/osrelease. */
  readonly kernelRelease: string
  /** /proc/vz exists inside and outside of OpenVZ containers, /proc/bc only outside. */
  readonly openvz: boolean
  readonly dockerenv: boolean
  readonly containerenv: boolean
  /** Target of /proc/self/ns/pid. */
  readonly pidNamespace: string | undefined
}

/** systemd-detect-virt(1)'s words for managers that name themselves. */
const known = new Set([
  "docker",
  "lxc",
  "lxc-libvirt",
  "podman",
  "pouch",
  "proot",
  "rkt",
  "systemd-nspawn",
  "wsl",
])

/** PROC_PID_INIT_INO of the kernel: the number of the first pid namespace, on every machine. */
const firstPidNamespace = "pid:[4026531836]"

/**
 * systemd-detect-virt(1)'s word for the container around this process, or `none`. The order is systemd's, except
 * that in the first pid namespace /.dockerenv and /run/.containerenv are leftovers of the image a virtual machine
 * was made from; systemd-detect-virt calls such a machine `docker`.
 */
export const containerOf = (traces: ContainerTraces): string => {
  if (traces.openvz) return "openvz"
  if (/Microsoft|WSL/.test(traces.kernelRelease)) return "wsl"

  const marked = traces.containerenv ? "podman" : traces.dockerenv ? "docker" : undefined
  const named =
    traces.manager?.trim() ||
    traces.initEnvironment
      ?.split("\0")
      .find((entry) => entry.startsWith("container="))
      ?.slice("container=".length)
  // "oci" is any engine of the Open Container Initiative; the marker files tell which.
  if (named) return known.has(named) ? named : (marked ?? "container-other")
  if (traces.pidNamespace === firstPidNamespace) return "none"
  // Without a readable namespace the marker is all there is.
  return marked ?? (traces.pidNamespace === undefined ? "none" : "container-other")
}
