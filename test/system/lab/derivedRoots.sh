# shellcheck shell=bash
# Roots made of the one with the waiting updates of unit-slow and unit-quick; systemdRoot.sh reads this and builds them.

# from_debian DIR PACKAGE...   the root keeps its own archive as the only one it knows
from_debian() {
  local dir=$1 apt=(apt-get -qq -y -o Dir::Etc::sourcelist=/tmp/mirror -o Dir::State::lists=/tmp/lists); shift
  mirrors
  mkdir -p "$dir/tmp/lists/partial"
  printf 'deb %s bookworm main\n' "$DEB_MIRROR" >"$dir/tmp/mirror"
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
