#!/bin/bash
# A throw-away machine that OpenRC runs, on a host whatever runs that.
#   openrcBox.sh start STATE LOWER [SOURCE:TARGET...]   runs the machine until stdin ends; each SOURCE is shown, read-only
# LOWER is never written: what the machine writes lands in a tmpfs that is gone with it. STATE is an empty folder for its
# console.log, and for the process id of its PID 1 as seen from here, in `leader`; it is removed with the machine.
set -euo pipefail
HERE=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)

start() {
  local state=$1 branch
  # A branch of cgroups of its own, which becomes the machine's root of them.
  branch=$(findmnt -n -t cgroup2 -o TARGET | head -n1)/${state##*/}
  exec 6> >(exec setsid "$HERE/../lab/systemdBox.sh" sweep "$state" >/dev/null 2>&1)
  local sweeper=$!
  mkdir -p "$branch"
  # The pid namespace takes everything along when its first process ends, however it ends.
  unshare --mount --pid --fork --kill-child --propagation private -- "${BASH_SOURCE[0]}" inside "$branch" "$@" || true
  exec 6>&-
  wait "$sweeper"
}

inside() {
  local branch=$1 state=$2 lower=$3 disk root bind; shift 3
  exec 5<&0
  echo 0 >"$branch/cgroup.procs"
  disk=$state/disk root=$state/disk/root; mkdir -p "$disk"
  mount -t tmpfs -o size=2g,mode=755 box "$disk"
  mkdir "$disk/upper" "$disk/work" "$root"
  mount -t overlay -o "lowerdir=$lower,upperdir=$disk/upper,workdir=$disk/work" box "$root"
  printf 'box\n' >"$root/etc/hostname"
  printf '127.0.0.1 localhost box\n' >"$root/etc/hosts"
  tr -d - </proc/sys/kernel/random/uuid >"$root/etc/machine-id"
  mount -t tmpfs -o mode=755 tmpfs "$root/run"
  for bind in "$@"; do
    if [ -d "${bind%%:*}" ]; then mkdir -p "$root/${bind#*:}"; else install -D /dev/null "$root/${bind#*:}"; fi
    mount --bind -o ro "${bind%%:*}" "$root/${bind#*:}"
  done
  # PID 1 is a child, because nobody inside could end it. This process can, by its own end.
  unshare --pid --fork --kill-child --mount --net --uts --ipc --cgroup --propagation private -- \
    "${BASH_SOURCE[0]}" boot "$state" "$root" </dev/null >>"$state/console.log" 2>&1 &
  while read -r _ <&5; do :; done &
  wait -n
}

boot() {
  local state=$1 root=$2 self
  # Of this /proc, which is the host's: the number by which the host knows this process.
  read -r self _ </proc/self/stat
  mount --rbind /dev "$root/dev"
  mount -t sysfs sysfs "$root/sys"
  mount -t proc proc "$root/proc"
  hostname box
  ip link set lo up
  printf '%s' "$self" >"$state/leader.new"
  mv "$state/leader.new" "$state/leader"
  exec chroot "$root" env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin TERM=linux init
}

case ${1:-} in
  start) shift; start "$@" ;;
  inside) shift; inside "$@" ;;
  boot) boot "$2" "$3" ;;
  *) sed -n '3p' "${BASH_SOURCE[0]}"; exit 2 ;;
esac
