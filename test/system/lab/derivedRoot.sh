#!/bin/bash
# Prepared roots made of the one of `systemdRoot.sh build bookworm-service`, with its waiting updates of unit-slow and unit-quick.
#   derivedRoot.sh build NAME   build root NAME unless it exists, print its folder; concurrent callers wait for one build
# NAME: bookworm-openrc   OpenRC instead of systemd, set up as Alpine is, with busybox as init; for openrcBox.sh
#       bookworm-rpm      systemd, and dnf with an empty rpm database: passes for the made-up rpm distribution LabOS 9
# Needs root, Debian and the tools of tools.sh; keeps to the cache folder $PATCHCTL_LAB (default /var/tmp/patchctl-lab).
set -euo pipefail
umask 022
export LC_ALL=C
HERE=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
LAB=${PATCHCTL_LAB:-/var/tmp/patchctl-lab}

trap 'printf "lab: %s failed at line %s\n" "${BASH_SOURCE[0]##*/}" "$LINENO" >&2' ERR
die() { printf 'lab: %s\n' "$*" >&2; exit 1; }

in_root() {
  # shellcheck disable=SC2016
  unshare --mount --pid --fork --kill-child -- bash -euc '
    mount -t proc proc "$0/proc"; mount --rbind /dev "$0/dev"; mount -t tmpfs tmpfs "$0/run"
    exec env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LC_ALL=C.UTF-8 DEBIAN_FRONTEND=noninteractive \
      chroot "$@"' "$1" "$@"
}

# from_debian DIR PACKAGE...   the root keeps its own archive as the only one it knows
from_debian() {
  local dir=$1 mirror apt=(apt-get -qq -y -o Dir::Etc::sourcelist=/tmp/mirror -o Dir::State::lists=/tmp/lists); shift
  [ -n "$(apt-get indextargets 2>/dev/null)" ] || apt-get -qq update
  # shellcheck disable=SC2016
  mirror=$(apt-get indextargets --format '$(SITE)' | grep -v security | sort -u | head -n1)
  [ -n "$mirror" ] || die 'no Debian mirror in the apt configuration of this host'
  mkdir -p "$dir/tmp/lists/partial"
  printf 'deb %s bookworm main\n' "$mirror" >"$dir/tmp/mirror"
  cp -L /etc/resolv.conf /etc/hosts "$dir/etc/"
  in_root "$dir" "${apt[@]}" -o Acquire::Languages=none update
  in_root "$dir" "${apt[@]}" --no-install-recommends install "$@"
  in_root "$dir" apt-get clean
  rm -rf "$dir"/tmp/*
}

build_openrc() {
  local dir=$1 level
  from_debian "$dir" openrc busybox-static
  in_root "$dir" dpkg --purge systemd-sysv libpam-systemd dbus-user-session dbus systemd
  ln -s busybox "$dir/usr/bin/init"
  for level in sysinit boot; do printf '::sysinit:/sbin/openrc %s\n' "$level"; done >"$dir/etc/inittab"
  printf '::wait:/sbin/openrc default\n::shutdown:/sbin/openrc shutdown\n' >>"$dir/etc/inittab"
  # What OpenRC may do to what a stopped service has left, at its strictest.
  printf 'rc_cgroup_mode="unified"\nrc_cgroup_cleanup="YES"\n' >>"$dir/etc/rc.conf"
  find "$dir/etc/runlevels" -type l ! -name cgroups -delete
}

build_rpm() {
  local dir=$1
  from_debian "$dir" rpm dnf
  rm "$dir/etc/os-release"
  printf '%s\n' 'NAME="LabOS"' 'VERSION="9"' ID=labos 'ID_LIKE="fedora rhel"' VERSION_ID=9 'PRETTY_NAME="LabOS 9"' |
    tee "$dir/etc/os-release" >"$dir/usr/lib/os-release"
  # Debian would have it in $HOME/.rpmdb
  mkdir -p "$dir/etc/rpm" "$dir/var/lib/rpm" "$dir/etc/yum.repos.d" "$dir/usr/share/licenses"
  printf '%%_dbpath /var/lib/rpm\n' >"$dir/etc/rpm/macros.labos"
  # Debian's rpm complains whenever it installs
  printf 'rpm\talias %s --force-debian\n' '-i --install' '-U --upgrade' '-e --erase' >"$dir/etc/popt"
  # It makes a repository of what was downloaded.
  [ ! -e "$dir/etc/dnf/plugins/local.conf" ] ||
    sed -i '0,/^enabled/s/^enabled.*/enabled = false/' "$dir/etc/dnf/plugins/local.conf"
  in_root "$dir" rpm --initdb
}

build_into() {
  local name=$1 dir=$2 lower
  exec 9>"$LAB/$name.lock"
  flock 9
  [ ! -e "$dir" ] || return 0
  lower=$("$HERE/systemdRoot.sh" build bookworm-service)
  rm -rf "$dir.tmp"; cp -a --reflink=auto "$lower" "$dir.tmp"
  "build_${name#bookworm-}" "$dir.tmp"
  mv "$dir.tmp" "$dir"
}

build() {
  local name=$1 id dir
  case $name in bookworm-openrc | bookworm-rpm) ;; *) die "not a root: $name" ;; esac
  # A changed script is another root: boxes may still be running on the former one.
  id=$(cat "$HERE"/{derivedRoot,systemdRoot,archive}.sh | sha256sum | cut -c1-12)
  dir=$LAB/$name-$id
  # A process of its own: on the left of || bash switches -e off, and a half-built root would pass.
  [ -e "$dir" ] || "${BASH_SOURCE[0]}" build-into "$name" "$dir" >"$LAB/$name.log.$$" 2>&1 ||
    { tail -n 30 "$LAB/$name.log.$$" >&2; die "building $name failed"; }
  rm -f "$LAB/$name.log.$$"
  printf '%s\n' "$dir"
}

[ "$(id -u)" = 0 ] || die 'needs root'
mkdir -p "$LAB"; chmod 755 "$LAB"
case ${1:-} in
  build-into) build_into "$2" "$3" ;;
  build) build "${2:?name of a root}" ;;
  *) sed -n '3,5p' "${BASH_SOURCE[0]}"; exit 2 ;;
esac
