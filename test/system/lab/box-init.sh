#!/bin/bash
# PID 1 of a box. Runs in fresh mount, pid, uts, ipc and (usually) network namespaces, started by Box.ts:
#   box-init.sh LOWER MOUNTPOINT DISK_SIZE HOSTNAME BOOT_ID [SOURCE TARGET ro|rw]...
# Prints "ready PID" (PID as the host sees it) when the machine is up and lives until its stdin ends, so a box cannot
# survive its test, not even one that was killed. Everything written lands in a tmpfs, gone with the mount namespace.
set -euo pipefail
lower=$1 mnt=$2 size=$3 name=$4 boot_id=$5; shift 5
# still the host's /proc: this is our number outside
read -r host_pid _ </proc/self/stat

mount -t tmpfs -o "size=$size,mode=755" box "$mnt"
mkdir "$mnt/upper" "$mnt/work" "$mnt/root"
# ext4-like semantics for dpkg's directory renames need nothing special: overlayfs answers EXDEV and dpkg copies
mount -t overlay -o "lowerdir=$lower,upperdir=$mnt/upper,workdir=$mnt/work" box "$mnt/root"
root=$mnt/root

mount -t proc -o nosuid,nodev,noexec proc "$root/proc"
mount -t sysfs -o ro,nosuid,nodev,noexec sysfs "$root/sys"
mount -t tmpfs -o nosuid,nodev,mode=755 run "$root/run"
mkdir -m 1777 "$root/run/lock"
mount -t tmpfs -o nosuid,mode=755 dev "$root/dev"
for node in null zero full random urandom tty; do : >"$root/dev/$node"; mount --bind "/dev/$node" "$root/dev/$node"; done
mkdir "$root/dev/pts" "$root/dev/shm"
# a pty world of its own: apt runs dpkg on one
mount -t devpts -o newinstance,ptmxmode=0666,mode=620,gid=5 devpts "$root/dev/pts"
mount -t tmpfs -o nosuid,nodev,mode=1777 shm "$root/dev/shm"
ln -s pts/ptmx "$root/dev/ptmx"
ln -s /proc/self/fd "$root/dev/fd"
for n in 0:stdin 1:stdout 2:stderr; do ln -s "/proc/self/fd/${n%:*}" "$root/dev/${n#*:}"; done

# A kernel has one boot id; a box gets its own, so that a reboot can be told from a restart.
printf '%s\n' "$boot_id" >"$mnt/boot_id"
mount --bind "$mnt/boot_id" "$root/proc/sys/kernel/random/boot_id"
printf '%s\n' "$name" >"$root/etc/hostname"
printf '127.0.0.1\tlocalhost\n127.0.1.1\t%s\n' "$name" >"$root/etc/hosts"
printf '%s' "$name" >/proc/sys/kernel/hostname
ip link set lo up 2>/dev/null || true

while [ $# -ge 3 ]; do
  mkdir -p "$(dirname "$root$2")"
  if [ -d "$1" ]; then mkdir -p "$root$2"; else : >"$root$2"; fi
  mount --bind -o "$3" "$1" "$root$2"
  shift 3
done

cd "$root"
pivot_root . .
umount -l .
cd /
printf 'ready %s\n' "$host_pid"
# bash reaps orphans by itself while it waits here
while read -r _; do :; done
