/** One line of /proc/self/mountinfo. */
export interface Mount {
  /** `major:minor` of the filesystem, the same for all its mounts. */
  readonly device: string
  readonly mountPoint: string
  readonly type: string
  readonly source: string
}

/** The kernel writes space, tab, newline and backslash as a backslash and three octal digits. */
const unescape = (field: string): string =>
  field.replaceAll(/\\([0-3][0-7]{2})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)))

/**
 * proc(5): `id parent major:minor root mountpoint options [optional fields] - type source superoptions`. Lines of
 * another shape are passed over.
 */
export const mounts = (mountinfo: string): ReadonlyArray<Mount> =>
  mountinfo
    .split("\n")
    .map((line) => /^\d+ \d+ (\d+:\d+) \S+ (\/\S*) \S+ (?:\S+ )*?- (\S+) (\S*)(?: |$)/.exec(line))
    .filter((match) => match !== null)
    .map(([, device = "", mountPoint = "", type = "", source = ""]) => ({
      device,
      mountPoint: unescape(mountPoint),
      type,
      source: unescape(source),
    }))

/** Filesystems that keep data on a disk of this machine and answer statfs(2) from memory. */
const onLocalDisk = new Set(
  "ext2 ext3 ext4 xfs btrfs bcachefs zfs f2fs nilfs2 jfs reiserfs vfat exfat ntfs3".split(" "),
)

/** What / may be besides: the layers of a container, or the memory of a live system. */
const asRoot = new Set([...onLocalDisk, "overlay", "tmpfs"])

/**
 * Everything that answers from memory or is mounted without ever being asked. All others (nfs, cifs, ceph, 9p,
 * fuse and whatever comes next) may wait for a server that is gone, and so may every path below them.
 */
const neverWaits = new Set([
  ...asRoot,
  ..."autofs binfmt_misc bpf cgroup cgroup2 configfs debugfs devpts devtmpfs efivarfs erofs fusectl".split(
    " ",
  ),
  ..."hugetlbfs iso9660 mqueue nsfs proc pstore ramfs rootfs rpc_pipefs securityfs selinuxfs".split(" "),
  ..."squashfs sysfs tracefs udf".split(" "),
])

/** Container engines bind these from the host's disk; they say nothing about a disk of the container. */
const boundFiles = new Set(["/etc/hosts", "/etc/hostname", "/etc/resolv.conf"])

const liesWithin = (directory: string, path: string) =>
  path === directory || path.startsWith(directory.endsWith("/") ? directory : `${directory}/`)

/** A zfs pool has one mount per dataset, all sharing its space; other filesystems are one device each. */
const storage = (mount: Mount): string =>
  mount.type === "zfs" ? `zfs ${mount.source.split("/")[0]}` : mount.device

/**
 * Where to ask about disk space: every local filesystem once, at its shortest mount point, in the order of the
 * paths. A path at or below a network or fuse mount is never among them, since asking could block for good.
 */
export const diskMounts = (all: ReadonlyArray<Mount>): ReadonlyArray<string> => {
  const mayWait = all.filter((mount) => !neverWaits.has(mount.type)).map((mount) => mount.mountPoint)
  const candidates = all
    .filter(({ mountPoint, type }) => (mountPoint === "/" ? asRoot : onLocalDisk).has(type))
    .filter(({ mountPoint }) => !boundFiles.has(mountPoint))
    .filter(({ mountPoint }) => !mayWait.some((waiting) => liesWithin(waiting, mountPoint)))
    .toSorted((a, b) => a.mountPoint.length - b.mountPoint.length)
  const first = new Map<string, string>()
  for (const mount of candidates) {
    if (!first.has(storage(mount))) first.set(storage(mount), mount.mountPoint)
  }
  return [...new Set(first.values())].toSorted()
}
