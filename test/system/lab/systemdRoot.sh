#!/bin/bash
# Prepared roots with a real systemd, for systemdBox.sh. Needs root, Debian and the tools of tools.sh; keeps to the cache
# folder $PATCHCTL_LAB (default /var/tmp/patchctl-lab).
#   systemdRoot.sh build NAME   build root NAME unless it exists, print its folder; concurrent callers wait for one build
# NAME: RELEASE-service   systemd, and an archive of its own in which updates of unit-slow and unit-quick wait
#       RELEASE-matrix    systemd, and about a hundred real packages downloaded but not installed; their names are in
#                         /root/matrix-packages; all of the root is older than /root/matrix-built
#       bookworm-openrc   of bookworm-service: OpenRC instead of systemd, set up as Alpine is, with busybox as init
#       bookworm-rpm      of bookworm-service: dnf and an empty rpm database, as the made-up rpm distribution LabOS 9
set -euo pipefail
umask 022
export LC_ALL=C DEBIAN_FRONTEND=noninteractive
HERE=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
LAB=${PATCHCTL_LAB:-/var/tmp/patchctl-lab}
# shellcheck source=archive.sh
. "$HERE/archive.sh"
# shellcheck source=derivedRoots.sh
. "$HERE/derivedRoots.sh"

trap 'printf "lab: %s failed at line %s\n" "${BASH_SOURCE[0]##*/}" "$LINENO" >&2' ERR
die() { printf 'lab: %s\n' "$*" >&2; exit 1; }

# What a package installation does to modes, owners and capabilities, and where: setuid and setgid programs, file
# capabilities, users of their own, links in /, a kernel with its initramfs, triggers over the whole tree, services that
# want to be started. About a hundred with what they depend on.
matrix_packages=(
  sudo iputils-ping openssh-server linux-image-cloud-amd64 initramfs-tools postfix udev apparmor polkitd cron rsyslog
  man-db needrestart at fping mtr-tiny arping traceroute plocate screen fuse3 uuid-runtime logrotate chrony
  unattended-upgrades ssl-cert tcpdump bsd-mailx nginx-light zstd dbus-user-session tzdata
)

mirrors() {
  [ -n "$(apt-get indextargets 2>/dev/null)" ] || apt-get -qq update
  DEB_MIRROR=$(apt-get indextargets --format '$(SITE)' | grep -v security | sort -u | head -n1)
  [ -n "$DEB_MIRROR" ] || die 'no Debian mirror in the apt configuration of this host'
  SEC_MIRROR=$(apt-get indextargets --format '$(SITE)' | grep security | sort -u | head -n1 || true)
  SEC_MIRROR=${SEC_MIRROR:-${DEB_MIRROR%/debian}/debian-security}
}

in_root() {
  unshare --mount --pid --fork --kill-child -- bash -euc '
    mount -t proc proc "$0/proc"; mount --rbind /dev "$0/dev"; mount -t tmpfs tmpfs "$0/run"
    exec env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LC_ALL=C.UTF-8 DEBIAN_FRONTEND=noninteractive \
      chroot "$@"' "$1" "$@"
}

# bootstrap RELEASE DIR   machine-id stays empty: each box gets its own
bootstrap() {
  mirrors
  mmdebstrap --quiet --variant=minbase --skip=cleanup/apt/lists --aptopt='Acquire::Check-Valid-Until "false"' \
    --aptopt='Acquire::Languages "none"' \
    --include=systemd,systemd-sysv,dbus,libpam-systemd,iproute2,procps,ca-certificates,kmod,mount \
    "$1" "$2" "deb $DEB_MIRROR $1 main" "deb $DEB_MIRROR $1-updates main" "deb $SEC_MIRROR $1-security main"
  printf 'Dir::Cache::pkgcache "";\n' >"$2/etc/apt/apt.conf.d/99lab"
  # Timers of the distribution would take the locks that the tests are about, or change the tree that they compare.
  in_root "$2" systemctl --quiet mask apt-daily.timer apt-daily-upgrade.timer dpkg-db-backup.timer fstrim.timer \
    e2scrub_all.timer logrotate.timer man-db.timer plocate-updatedb.timer systemd-tmpfiles-clean.timer
}

# Each maintainer script says in which cgroup it runs; that of unit-slow waits until it is told to end.
build_service() {
  local dir=$1 name
  export ARCHIVE=$dir/srv/lab WORK=$dir.work
  rm -rf "$WORK"; mkdir -p "$ARCHIVE/pool/stable" "$WORK"
  in_root "$dir" dpkg --print-architecture >"$ARCHIVE/arch"
  for name in unit-quick unit-slow; do
    begin "$name" 1.0-1; ship stable
    begin "$name" 1.1-1
    script postinst <<SCRIPT
printf '%s begins in %s\n' "\$DPKG_MAINTSCRIPT_PACKAGE" "\$(sed -n 's/^0:://p' /proc/self/cgroup)" >>/var/log/unit-scripts
case \$DPKG_MAINTSCRIPT_PACKAGE in
  unit-slow) n=0; while [ ! -e /run/unit-slow-may-end ] && [ \$n -lt 600 ]; do sleep 0.1; n=\$((n + 1)); done ;;
esac
printf '%s ends\n' "\$DPKG_MAINTSCRIPT_PACKAGE" >>/var/log/unit-scripts
SCRIPT
    ship updates
  done
  rm -r "$WORK"
  mkdir -p "$ARCHIVE/pool/security"
  publish "$ARCHIVE"
  install -m 644 "$LAB/gnupg/lab-archive.gpg" "$dir/usr/share/keyrings/lab-archive.gpg"
  rm -rf "$dir"/etc/apt/sources.list* "$dir"/var/lib/apt/lists/*; mkdir "$dir/etc/apt/sources.list.d"
  for name in lab lab-updates lab-security; do
    printf 'deb [signed-by=/usr/share/keyrings/lab-archive.gpg] copy:/srv/lab %s main\n' "$name"
  done >"$dir/etc/apt/sources.list"
  in_root "$dir" apt-get -qq update
  in_root "$dir" apt-get -qq -y install unit-quick=1.0-1 unit-slow=1.0-1
  in_root "$dir" apt-get clean
}

build_matrix() {
  local dir=$1
  cp -L /etc/resolv.conf /etc/hosts "$dir/etc/"
  printf '%s\n' "${matrix_packages[@]/linux-image-cloud-amd64/linux-image-cloud-$(in_root "$dir" dpkg --print-architecture)}" \
    >"$dir/root/matrix-packages"
  in_root "$dir" sh -c 'exec xargs apt-get -qq -y -d --no-install-recommends install </root/matrix-packages'
  # no mail, no questions about it
  printf 'postfix postfix/main_mailer_type select Local only\n' | in_root "$dir" debconf-set-selections
  # An initramfs of some modules instead of a thousand: it is built twice in each box, and takes the most time there.
  mkdir -p "$dir/etc/initramfs-tools/conf.d" "$dir/usr/share/initramfs-tools/modules.d"
  printf 'MODULES=list\nCOMPRESSLEVEL=1\n' >"$dir/etc/initramfs-tools/conf.d/lab"
  printf '%s\n' ext4 dm_crypt virtio_blk virtio_net >"$dir/usr/share/initramfs-tools/modules.d/lab"
  touch "$dir/root/matrix-built"
}

build_into() {
  local name=$1 dir=$2 lower
  exec 9>"$LAB/$name.lock"
  flock 9
  [ ! -e "$dir" ] || return 0
  rm -rf "$dir.tmp"
  case $name in
    *-openrc | *-rpm)
      lower=$("${BASH_SOURCE[0]}" build "${name%-*}-service")
      cp -a --reflink=auto "$lower" "$dir.tmp"
      ;;
    *) bootstrap "${name%-*}" "$dir.tmp" ;;
  esac
  "build_${name##*-}" "$dir.tmp"
  mv "$dir.tmp" "$dir"
}

build() {
  local name=$1 id dir
  case $name in
    *[!a-z0-9-]* | -*) die "not a root: $name" ;;
    *-service | *-matrix | bookworm-openrc | bookworm-rpm) ;;
    *) die "not a root: $name" ;;
  esac
  # A changed script is another root: boxes may still be running on the former one.
  id=$(cat "$HERE"/{systemdRoot,derivedRoots,archive}.sh | sha256sum | cut -c1-12)
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
  *) sed -n '4,9p' "${BASH_SOURCE[0]}"; exit 2 ;;
esac
