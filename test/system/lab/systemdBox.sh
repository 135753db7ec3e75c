#!/bin/bash
# A throw-away machine with a real systemd as PID 1, on a host whose own PID 1 need not be systemd.
#   systemdBox.sh start STATE LOWER SIZE [NSPAWN ARGUMENT...]   runs the machine until stdin ends; power-off ends it too
#   systemdBox.sh leader STATE                                  process id, seen from here, of the PID 1 inside
# LOWER is never written: what the machine writes lands in a tmpfs of SIZE that outlives its reboots and is gone with it.
# STATE is an empty folder for its console.log and the process id of this script; it is removed with the machine.
set -euo pipefail

below() { # PID NAME   the first process with this name among its descendants
  local child found
  for child in $(cat "/proc/$1/task/"*/children 2>/dev/null); do
    [ "$(cat "/proc/$child/comm" 2>/dev/null)" != "$2" ] || { printf '%s\n' "$child"; return; }
    ! found=$(below "$child" "$2") || { printf '%s\n' "$found"; return; }
  done
  return 1
}

leader() {
  local nspawn
  nspawn=$(below "$(cat "$1/pid")" systemd-nspawn) && below "$nspawn" systemd
}

# Branches of this name in every tree of cgroups: the machine has one, and nspawn repeats it in a tree of version 1.
branches() {
  local tree
  findmnt -n -t cgroup,cgroup2 -o TARGET | while read -r tree; do [ ! -d "$tree/$1" ] || printf '%s\n' "$tree/$1"; done
}

# Runs in a session of its own and outlives whatever kills the rest: once nobody holds its stdin any more, the machine is
# gone or about to go, and so is what it would leave behind.
sweep() {
  local state=$1 left n
  cat >/dev/null
  for n in {1..100}; do
    mapfile -t left < <(branches "${state##*/}")
    [ ${#left[@]} -gt 0 ] || break
    find "${left[@]}" -depth -type d -exec rmdir {} + 2>/dev/null || sleep 0.1
  done
  rm -rf "$state"
}

start() {
  local state=$1 branch
  # A branch of the cgroup tree of its own: two machines in one cgroup would share, and stop, each other's system.slice.
  branch=$(findmnt -n -t cgroup2 -o TARGET | head -n1)/${state##*/}
  exec 6> >(exec setsid "${BASH_SOURCE[0]}" sweep "$state" >/dev/null 2>&1)
  local sweeper=$!
  mkdir -p "$branch"
  echo $$ >"$state/pid"
  # The pid namespace takes everything along when its first process ends, however it ends.
  unshare --mount --pid --fork --kill-child --mount-proc --propagation private -- "${BASH_SOURCE[0]}" inside "$branch" "$@" || true
  exec 6>&-
  wait "$sweeper"
}

inside() {
  local branch=$1 state=$2 lower=$3 size=$4 uuid disk; shift 4
  exec 5<&0
  echo 0 >"$branch/cgroup.procs"
  disk=$state/disk; mkdir -p "$disk"
  mount -t tmpfs -o "size=$size,mode=755" box "$disk"
  mkdir "$disk/upper" "$disk/work" "$disk/root"
  mount -t overlay -o "lowerdir=$lower,upperdir=$disk/upper,workdir=$disk/work" box "$disk/root"
  printf 'box\n' >"$disk/root/etc/hostname"
  uuid=$(tr -d - </proc/sys/kernel/random/uuid)
  mkdir -p /run/systemd; mount -t tmpfs -o mode=755 tmpfs /run/systemd
  # Without the unified hierarchy and the filter by bpf, IPAddressDeny=, DeviceAllow= and the like are accepted and
  # silently not enforced. No machined and no systemd above us: --register=no --keep-unit.
  export SYSTEMD_NSPAWN_UNIFIED_HIERARCHY=1
  while :; do
    local status=0
    systemd-nspawn --quiet --register=no --keep-unit --system-call-filter=bpf -M box --hostname=box \
      --uuid="$uuid" -D "$disk/root" --boot --console=read-only "$@" systemd.log_target=journal \
      </dev/null >>"$state/console.log" 2>&1 || status=$?
    [ "$status" != 133 ] || continue   # the machine asked for a reboot
    [ "$status" = 0 ] || tail -n 30 "$state/console.log" >&2
    exit 0
  done &
  while read -r _ <&5; do :; done &
  wait -n
}

case ${1:-} in
  start) shift; start "$@" ;;
  inside) shift; inside "$@" ;;
  leader) leader "$2" ;;
  sweep) sweep "$2" ;;
  *) sed -n '3,4p' "${BASH_SOURCE[0]}"; exit 2 ;;
esac
