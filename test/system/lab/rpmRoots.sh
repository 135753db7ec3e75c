# shellcheck shell=bash
# Debian with an rpm database, passing for the made-up rpm distribution LabOS 9. Sourced by roots.sh.
# dpkg and its database stay beside it, as on a host with foreign tools; /etc/os-release.debian is its own os-release.

# rpm_system DIR LIKE PACKAGE...   PACKAGEs from Debian, the signed repositories and an empty rpm database
rpm_system() {
  local dir=$1 like=$2 folder; shift 2
  rpm_archive
  cp -L /etc/resolv.conf /etc/hosts "$dir/etc/"
  in_root "$dir" apt-get -qq -y -o Dpkg::Use-Pty=0 install --no-install-recommends rpm gpg gpgv "$@"
  in_root "$dir" apt-get clean
  rm "$dir/etc/resolv.conf" "$dir/etc/hosts"
  # Rpm distributions have merged these, and old libzypp asks for /usr/bin/mv.
  for folder in bin sbin; do
    [ -L "$dir/$folder" ] || in_root "$dir" cp -as --no-clobber "/$folder/." "/usr/$folder/"
  done
  cp -L "$dir/etc/os-release" "$dir/etc/os-release.debian"; rm "$dir/etc/os-release"
  printf '%s\n' 'NAME="LabOS"' 'VERSION="9"' ID=labos "ID_LIKE=\"$like\"" VERSION_ID=9 'PRETTY_NAME="LabOS 9"' \
    >"$dir/etc/os-release"
  cp "$dir/etc/os-release" "$dir/usr/lib/os-release"
  # Debian would have it in $HOME/.rpmdb
  mkdir -p "$dir/etc/rpm" "$dir/var/lib/rpm" "$dir/srv" "$dir/etc/pki/rpm-gpg"
  printf '%%_dbpath /var/lib/rpm\n' >"$dir/etc/rpm/macros.labos"
  # Debian's older rpm complains whenever it installs, and zypper repeats that
  if in_root "$dir" rpm --force-debian --version >/dev/null 2>&1; then
    printf 'rpm\talias %s --force-debian\n' '-i --install' '-U --upgrade' '-e --erase' >"$dir/etc/popt"
  fi
  cp -a "$RPM_ARCHIVE" "$dir/srv/lab"
  cp "$RPM_ARCHIVE/RPM-GPG-KEY-labos" "$dir/etc/pki/rpm-gpg/"
  in_root "$dir" rpm --initdb
  in_root "$dir" rpm --import /etc/pki/rpm-gpg/RPM-GPG-KEY-labos
}

# rpm_repository_files FOLDER [LINE]   LINE: for each of them
rpm_repository_files() {
  local id
  rm -rf "$1"; mkdir -p "$1"
  for id in lab lab-extras lab-special; do
    # shellcheck disable=SC2016
    printf '[%s]\nname=LabOS $releasever - %s\nbaseurl=file:///srv/lab/%s/\nenabled=%s\n' \
      "$id" "$id" "$id" "$([ "$id" = lab-special ] && echo 0 || echo 1)"
    printf 'gpgcheck=1\nrepo_gpgcheck=1\ngpgkey=file:///etc/pki/rpm-gpg/RPM-GPG-KEY-labos\n%s\n' "${2:-}"
  done >"$1/labos.repo"
}

# What no front end finds in a repository, and the file the admin has changed.
rpm_leftovers() {
  in_root "$1" rpm -i /srv/lab/extra/lab-modular-1.0-1.noarch.rpm /srv/lab/extra/lab-obsolete-1.0-1.noarch.rpm
  rm "$1"/srv/lab/extra/lab-{modular,obsolete}-*.rpm
  printf 'setting = changed by the admin\n' >"$1/etc/lab-conffile.conf"
}

# dnf_without_local_plugin FILE   Debian switches on a plugin that makes a repository of what was downloaded
dnf_without_local_plugin() { [ ! -e "$1" ] || sed -i '0,/^enabled/s/^enabled.*/enabled = false/' "$1"; }

build_dnf() {
  local dir=$1 plugins='dnf-plugins-core python3-systemd'
  # versionlock, needs-restarting, and what they need; not in 11
  [ -n "$(in_root "$dir" apt-cache show dnf-plugins-core 2>/dev/null)" ] || plugins=''
  # shellcheck disable=SC2086
  rpm_system "$dir" 'fedora rhel' dnf $plugins
  # as RHEL 9 has it
  printf '%s\n' '[main]' gpgcheck=1 installonly_limit=3 clean_requirements_on_remove=True best=True \
    skip_if_unavailable=False >"$dir/etc/dnf/dnf.conf"
  dnf_without_local_plugin "$dir/etc/dnf/plugins/local.conf"
  rpm_repository_files "$dir/etc/yum.repos.d"
  # shellcheck disable=SC2086
  in_root "$dir" dnf -y install $LAB_RPM_INSTALL kernel-6.1.1-1
  in_root "$dir" dnf -y install kernel-6.1.2-1
  rpm_leftovers "$dir"
}

build_dnf5() {
  local dir=$1
  rpm_system "$dir" 'fedora rhel' dnf5
  # as Fedora has it
  printf '%s\n' '[main]' gpgcheck=True installonly_limit=3 clean_requirements_on_remove=True best=False \
    skip_if_unavailable=True >"$dir/etc/dnf/dnf.conf"
  dnf_without_local_plugin "$dir/etc/dnf/libdnf5-plugins/local.conf"
  rpm_repository_files "$dir/etc/yum.repos.d"
  # shellcheck disable=SC2086
  in_root "$dir" dnf5 -y install $LAB_RPM_INSTALL kernel-6.1.1-1
  in_root "$dir" dnf5 -y install kernel-6.1.2-1
  rpm_leftovers "$dir"
}

build_zypper() {
  local dir=$1
  rpm_system "$dir" 'suse opensuse' zypper
  rpm_repository_files "$dir/etc/zypp/repos.d" autorefresh=1
  # several kernels, as SUSE configures it
  mkdir -p "$dir/etc/zypp/multiversion.d" "$dir/etc/products.d"
  printf 'provides:multiversion(kernel)\n' >"$dir/etc/zypp/multiversion.d/kernel"
  cat >"$dir/etc/products.d/labos.prod" <<END
<?xml version="1.0" encoding="UTF-8"?>
<product schemeversion="0">
  <vendor>LabOS</vendor><name>labos</name><version>9</version><release>1</release><arch>$(uname -m)</arch>
  <summary>LabOS 9</summary><shortsummary>LabOS</shortsummary><description>LabOS 9</description>
</product>
END
  ln -s labos.prod "$dir/etc/products.d/baseproduct"
  in_root "$dir" zypper --non-interactive --gpg-auto-import-keys refresh
  # shellcheck disable=SC2046,SC2086
  in_root "$dir" zypper --non-interactive install --no-recommends \
    $(rpm_zypper_names $LAB_RPM_INSTALL kernel-6.1.1-1 kernel-core-6.1.1-1)
  in_root "$dir" zypper --non-interactive install --no-recommends kernel=6.1.2-1 kernel-core=6.1.2-1
  rpm_leftovers "$dir"
}
# rpm_zypper_names NAME-VERSION-RELEASE...   as NAME=VERSION-RELEASE
rpm_zypper_names() { printf '%s\n' "$@" | sed -E 's/-([^-]+-[^-]+)$/=\1/'; }
