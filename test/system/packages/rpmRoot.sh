#!/bin/bash
# The life of the rpm in a throw-away copy of ROOT: what each step leaves behind, as lines of text. Needs a mount namespace
# of its own. Dependencies are not resolved: the root is Debian's, with a database of rpm beside.
#   rpmRoot.sh ROOT OLDER.rpm NEWER.rpm
set -euo pipefail
lower=$1 older=$2 newer=$3
work=$(mktemp -d)
mount -t tmpfs -o mode=755 tmpfs "$work"
mkdir "$work/upper" "$work/work" "$work/root"
mount -t overlay -o "lowerdir=$lower,upperdir=$work/upper,workdir=$work/work" overlay "$work/root"
root=$work/root
mkdir -p "$root/usr/share/licenses" # every distribution with rpm has it
mount -t proc proc "$root/proc"
mount --rbind /dev "$root/dev"
# rpm leaves it to the file system's package, which is not here.
files() { (cd "$root" && find etc opt usr var/lib -xdev -path var/lib/rpm -prune -o -printf '%p %y %m %u:%G %l\n') | LC_ALL=C sort; }
package() { rpm --root "$root" --nodeps "$@" 2>&1 | grep -v 'Alien instead\|assuming you know' || true; }
say() { printf '%s: %s\n' "$1" "$(cat)"; }
enabled() { (cd "$root/etc/systemd/system" && find . -name 'patchctl*' | LC_ALL=C sort | tr '\n' ' '); }

rpm --root "$root" --initdb 2>/dev/null
files >"$work/before"
package -i "$older" | say 'install'
stat -c '%n %a' "$root"/etc/patchctl/config.json "$root"/opt/patchctl/bin/patchctl-agent | sed "s|$root||" | say 'modes'
chroot "$root" stat -c '%U:%G' /opt/patchctl/log | say 'log'
chroot "$root" patchctl --version | say 'version'
enabled | say 'enabled without a key'
package -V patchctl-agent | say 'verify'
printf '{"license_key": "pk_live_0123456789"}\n' >"$root/etc/patchctl/config.json"
package -U "$newer" | say 'upgrade'
chroot "$root" patchctl --version | say 'version'
say 'config' <"$root/etc/patchctl/config.json"
enabled | say 'enabled by an upgrade'
package -e patchctl-agent | say 'erase'
{ find "$root"/{etc,opt}/patchctl -type f 2>/dev/null || true; } | sed "s|^$root/||" | say 'left'
package -i "$newer" | say 'install with a key'
enabled | say 'enabled with a key'
package -e patchctl-agent | say 'erase'
enabled | say 'enabled'
# As the documentation says.
chroot "$root" rm -rf /etc/patchctl /var/lib/patchctl /var/lib/patchctl-executor /opt/patchctl
chroot "$root" userdel patchctl
files >"$work/after"
{ diff "$work/before" "$work/after" | grep '^[<>]' | grep -v ' etc/\(passwd\|group\|shadow\|gshadow\)- ' || true; } | say 'difference'
