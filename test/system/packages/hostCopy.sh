#!/bin/bash
# Runs a script in a copy of this machine's system: its programs read-only, everything an installation writes to thrown away,
# no systemd, and a service manager that only notes what it is asked for.
#   hostCopy.sh RELEASE COMMANDS [HIDDEN PROGRAM...]
# RELEASE is served as https://release.test/ and is in /release; COMMANDS run by sh with what is left of the arguments gone.
set -euo pipefail
release=$1 commands=$2
shift 2
[ -n "${INSIDE:-}" ] || INSIDE=1 exec unshare --mount --pid --fork --kill-child --net --propagation private -- "$0" "$release" "$commands" "$@"

root=$(mktemp -d)
mount -t tmpfs -o mode=755 tmpfs "$root"
mkdir -p "$root"/{etc,usr,proc,dev,tmp,run,root,opt,var/lib,var/tmp,release}
mount --rbind -o ro /usr "$root/usr"
for name in bin sbin lib lib64; do ln -s "usr/$name" "$root/$name"; done
mount -t tmpfs -o mode=755 tmpfs "$root/usr/local"
mount -t proc proc "$root/proc"
mount --rbind /dev "$root/dev"
mount --bind -o ro "$release" "$root/release"
cp -a /etc/passwd /etc/group /etc/ssl /etc/ca-certificates /etc/alternatives /etc/ld.so.* /etc/nsswitch.conf "$root/etc/" 2>/dev/null || true
printf '127.0.0.1 localhost release.test\n' >"$root/etc/hosts"
chmod 1777 "$root/tmp" "$root/var/tmp"
mkdir -p "$root/usr/local/sbin"
for name in rc-service rc-update openrc-run; do
  printf '#!/bin/sh\necho "%s $*" >>/tmp/service-manager\n' "$name" >"$root/usr/local/sbin/$name"
  chmod 755 "$root/usr/local/sbin/$name"
done
# Every program by a link, so that some can be missing.
mkdir "$root/programs"
mount --bind -o ro /usr/bin "$root/programs"
mount -t tmpfs -o mode=755 tmpfs "$root/usr/bin"
find /usr/bin -mindepth 1 -printf '/programs/%P\n' | xargs -d '\n' ln -s -t "$root/usr/bin"
for name in "$@"; do rm "$root/usr/bin/$name"; done
ip link set lo up
exec chroot "$root" env -i PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin HOME=/root LC_ALL=C.UTF-8 sh -c "$commands"
