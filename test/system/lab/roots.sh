#!/bin/bash
# Prepared roots for the system tests. Needs root and Debian; touches nothing of the host but its package list (install)
# and the cache folder $PATCHCTL_LAB (default /var/tmp/patchctl-lab).
#   roots.sh install        install what the lab needs; quick when it is there
#   roots.sh build NAME     build root NAME unless it exists, print its folder; concurrent callers wait for one build
#   roots.sh publish DIR    re-index and re-sign a lab archive or repository (a box's /srv/lab) after changing its packages
#   roots.sh clean          remove the cache
# NAME: RELEASE-lab     minimal RELEASE, the lab's own archive, awkward packages (see packages.sh)
#       RELEASE-real    minimal RELEASE from its last point release, with real pending updates, already downloaded
#       RELEASE-dnf, RELEASE-dnf5, RELEASE-zypper   an rpm database and a signed repository (see rpmPackages.sh)
#       RELEASE-pacman  a pacman database and a signed repository (see pacmanPackages.sh)
# RELEASE: a Debian release the host's mirror carries (bullseye: apt 2.2, dnf 4.5; bookworm: apt 2.6; trixie: apt 3.0; sid).
set -euo pipefail
umask 022
export LC_ALL=C DEBIAN_FRONTEND=noninteractive
HERE=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
LAB=${PATCHCTL_LAB:-/var/tmp/patchctl-lab}
# shellcheck source=archive.sh
. "$HERE/archive.sh"
# shellcheck source=tools.sh
. "$HERE/tools.sh"
# shellcheck source=packages.sh
. "$HERE/packages.sh"
# shellcheck source=rpmRepository.sh
. "$HERE/rpmRepository.sh"
# shellcheck source=rpmPackages.sh
. "$HERE/rpmPackages.sh"
# shellcheck source=rpmRoots.sh
. "$HERE/rpmRoots.sh"
# shellcheck source=pacmanPackages.sh
. "$HERE/pacmanPackages.sh"

trap 'printf "lab: %s failed at line %s\n" "${BASH_SOURCE[0]##*/}" "$LINENO" >&2' ERR
die() { printf 'lab: %s\n' "$*" >&2; exit 1; }

mirrors() {
  [ -n "$(apt-get indextargets 2>/dev/null)" ] || apt-get -qq update
  DEB_MIRROR=$(apt-get indextargets --format '$(SITE)' | grep -v security | sort -u | head -n1)
  [ -n "$DEB_MIRROR" ] || die 'no Debian mirror in the apt configuration of this host'
  SEC_MIRROR=$(apt-get indextargets --format '$(SITE)' | grep security | sort -u | head -n1 || true)
  SEC_MIRROR=${SEC_MIRROR:-${DEB_MIRROR%/debian}/debian-security}
}

install_tools() {
  local missing=() p
  exec 7>"$LAB/install.lock"
  flock 7
  for p in "${lab_tools[@]}"; do
    [ "$(dpkg-query -W -f '${db:Status-Status}' "$p" 2>/dev/null)" = installed ] || missing+=("$p")
  done
  [ ${#missing[@]} -gt 0 ] || { exec 7>&-; return 0; }
  compgen -G '/var/lib/apt/lists/*Packages*' >/dev/null || apt-get -qq update
  apt-get -qq -y --no-install-recommends install "${missing[@]}" >"$LAB/install.log" 2>&1 ||
    { cat "$LAB/install.log" >&2; die "cannot install: ${missing[*]}"; }
  exec 7>&-
}

# in_root DIR CMD...   own mount and pid namespace, so a build that is killed leaves nothing mounted
in_root() {
  unshare --mount --pid --fork --kill-child -- bash -euc '
    mount -t proc proc "$0/proc"; mount --rbind /dev "$0/dev"; mount -t tmpfs tmpfs "$0/run"
    exec env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LC_ALL=C.UTF-8 DEBIAN_FRONTEND=noninteractive \
      chroot "$@"' "$1" "$@"
}

# base RELEASE   the point release alone, shared by the lab and the real root; leaves its folder in BASE.
# mount: box-init.sh needs umount, and every real server has it.
base() {
  local release=$1 dir
  dir=$LAB/base-$release-$(declare -f base | sha256sum | cut -c1-12)
  BASE=$dir
  (
    flock 8
    [ ! -d "$dir" ] || exit 0
    mirrors; rm -rf "$dir.tmp"
    mmdebstrap --quiet --variant=apt --include=mount --skip=cleanup/apt/lists --aptopt='Acquire::Check-Valid-Until "false"' \
      --aptopt='Acquire::Languages "none"' "$release" "$dir.tmp" "deb $DEB_MIRROR $release main"
    # apt believes its binary cache while dpkg's status file has the same size and the same second of change. Tests do
    # more than one thing in a second.
    printf 'Dir::Cache::pkgcache "";\n' >"$dir.tmp/etc/apt/apt.conf.d/99lab"
    # phasing is honoured only where there is a machine id
    printf '0123456789abcdef0123456789abcdef\n' >"$dir.tmp/etc/machine-id"
    mv "$dir.tmp" "$dir"
  ) 8>"$dir.lock"
}

build_lab() {
  local dir=$1 p
  export ARCHIVE=$dir/srv/lab WORK=$dir.work
  rm -rf "$WORK"; mkdir -p "$ARCHIVE/pool/stable" "$WORK"
  in_root "$dir" dpkg --print-architecture >"$ARCHIVE/arch"
  # The base system's own records join the release pocket, so that only lab-obsolete is in no archive.
  # shellcheck disable=SC2046
  in_root "$dir" apt-cache show --no-all-versions $(in_root "$dir" dpkg-query -W -f '${Package}=${Version}\n') |
    sed '/^APT-/d' >"$ARCHIVE/pool/stable/extra.Packages"
  build_packages
  cp "$WORK/lab-obsolete_1.0-1.deb" "$dir/root/"; rm -r "$ARCHIVE/pool/none" "$WORK"
  publish "$ARCHIVE"
  cp "$LAB/gnupg/lab-archive.gpg" "$dir/usr/share/keyrings/"; chmod 644 "$dir/usr/share/keyrings/lab-archive.gpg"
  rm -rf "$dir"/etc/apt/sources.list* "$dir"/var/lib/apt/lists/*; mkdir "$dir/etc/apt/sources.list.d"
  # copy: behaves like a download (files land in /var/cache/apt/archives), file: would not
  for p in lab lab-updates lab-security; do
    printf 'deb [signed-by=/usr/share/keyrings/lab-archive.gpg] copy:/srv/lab %s main\n' "$p"
  done >"$dir/etc/apt/sources.list"
  in_root "$dir" apt-get -qq update
  # shellcheck disable=SC2046,SC2086
  in_root "$dir" apt-get -qq -y install --no-install-recommends $(lab_install_release)
  in_root "$dir" dpkg -i /root/lab-obsolete_1.0-1.deb; rm "$dir/root/lab-obsolete_1.0-1.deb"
  in_root "$dir" apt-get -qq -y remove lab-rc
  in_root "$dir" apt-mark auto lab-autodep
  printf 'setting = changed by the admin\n' >"$dir/etc/lab-conffile.conf"
  in_root "$dir" apt-get clean
}
# Name every version: the candidates are the newer ones already.
lab_install_release() {
  local p
  for p in $LAB_INSTALL; do
    case $p in linux-image-lab) echo "$p=6.1.1-1" ;; *) echo "$p=1.0-1" ;; esac
  done
}

build_real() {
  local dir=$1 release=$2
  mirrors
  printf 'deb %s %s main\n' "$DEB_MIRROR" "$release" "$DEB_MIRROR" "$release-updates" "$SEC_MIRROR" "$release-security" \
    >"$dir/etc/apt/sources.list"
  cp -L /etc/resolv.conf /etc/hosts "$dir/etc/"
  in_root "$dir" apt-get -qq -o APT::Update::Error-Mode=any update
  # A box has no network: with the archives at hand the real updates can still be installed in it.
  in_root "$dir" apt-get -qq -y -d dist-upgrade
}

build() {
  local name=$1 scripts=("$HERE/roots.sh") id dir
  case $name in
    *[!a-z0-9-]* | -* | *-) die "not a root: $name" ;;
    *-lab) scripts+=("$HERE/archive.sh" "$HERE/packages.sh") ;;
    *-real) ;;
    *-dnf | *-dnf5 | *-zypper) scripts+=("$HERE"/{archive,rpmRepository,rpmPackages,rpmRoots}.sh) ;;
    *-pacman) scripts+=("$HERE/archive.sh" "$HERE/pacmanPackages.sh") ;;
    *) die "not a root: $name" ;;
  esac
  # A changed script is another root: boxes may still be running on the former one.
  id=$(cat "${scripts[@]}" | sha256sum | cut -c1-12)
  dir=$LAB/$name-$id
  # A process of its own: on the left of || bash switches -e off, and a half-built root would pass.
  [ -e "$dir" ] || "${BASH_SOURCE[0]}" build-into "$name" "$dir" >"$LAB/$name.log.$$" 2>&1 ||
    { tail -n 30 "$LAB/$name.log.$$" >&2; die "building $name failed"; }
  rm -f "$LAB/$name.log.$$"
  printf '%s\n' "$dir"
}

build_into() {
  local name=$1 dir=$2
  exec 9>"$LAB/$name.lock"
  flock 9
  [ ! -e "$dir" ] || return 0
  install_tools
  base "${name%-*}"
  rm -rf "$dir.tmp"; cp -a --reflink=auto "$BASE/." "$dir.tmp"
  "build_${name##*-}" "$dir.tmp" "${name%-*}"
  mv "$dir.tmp" "$dir"
}

[ "$(id -u)" = 0 ] || die 'needs root'
mkdir -p "$LAB"; chmod 755 "$LAB"
case ${1:-} in
  install) install_tools ;;
  build-into) build_into "$2" "$3" ;;
  build) build "${2:?name of a root}" ;;
  publish) "publish$(cat "${2:?folder of an archive}/kind" 2>/dev/null || true)" "$2" ;;
  clean) rm -rf -- "${LAB:?}" ;;
  *) sed -n '4,12p' "${BASH_SOURCE[0]}"; exit 2 ;;
esac
