# shellcheck shell=bash
# The awkward packages and advisories of the rpm roots, as far as possible those of packages.sh under the same names.
# Sourced by roots.sh; the helpers are in rpmRepository.sh. Signed, noarch unless said, 1.0-1 installed, 1.1-1 waiting.
#   lab          the distribution: released and newer packages together, and all advisories (like RHEL's BaseOS)
#   lab-extras   a third party without advisories: innocent4 and innocent5
#   lab-special  disabled: what upsets zypper's patch plans (see the end)
# In no repository: lab-obsolete and lab-modular; in /srv/lab/extra an unsigned lab-plain 1.2-1, a damaged innocent1 1.2-1.
build_rpm_packages() {
  local native n
  native=$(uname -m)

  # /bin/sh for the scriptlets, what dnf reads the release from, and what libzypp's system check misses
  rpm_begin lab-release 9-1 'Provides: system-release = 9' 'Provides: system-release(releasever) = 9' \
    'Provides: redhat-release = 9' 'Provides: distribution-release = 9' 'Provides: /bin/sh' 'Provides: /usr/bin/sh' \
    'Provides: glibc'
  rpm_ship lab

  # ordinary updates; the innocents, bystanders of other packages' failures, are in no advisory
  rpm_plain lab-plain
  advisory LABBA-2099:0001 bugfix None bug=1001 lab-plain-1.1-1.noarch
  for n in 1 2 3; do rpm_plain "innocent$n"; done
  for n in 4 5; do rpm_plain "innocent$n" lab-extras; done
  rpm_plain lab-held
  rpm_begin lab-epoch 1:1.0-1; rpm_ship lab
  rpm_begin lab-epoch 1:1.1-1; rpm_ship lab
  rpm_begin lab-archchange 1.0-1; rpm_ship lab
  rpm_begin lab-archchange 1.1-1 "BuildArch: $native"; rpm_ship lab

  # security
  rpm_plain lab-secfix
  advisory LABSA-2099:0001 security Important CVE-2099-0001 CVE-2099-0002 bug=1002 lab-secfix-1.1-1.noarch
  rpm_plain lab-hidden
  rpm_begin lab-hidden 2.0-1; rpm_ship lab
  advisory LABSA-2099:0002 security Critical CVE-2099-0003 lab-hidden-1.1-1.noarch
  advisory LABEA-2099:0001 enhancement None lab-hidden-2.0-1.noarch
  rpm_plain lab-nocve
  advisory LABSA-2099:0003 security Moderate lab-nocve-1.1-1.noarch
  # an advisory whose update is nowhere: zypper cannot solve its patch, and so plans no patches at all
  rpm_begin lab-withdrawn 1.0-1; rpm_ship lab
  advisory LABSA-2099:0009 security Low CVE-2099-0009 lab-withdrawn-1.1-1.noarch

  # the solver has to say no, or to ask for more
  rpm_begin lab-victim 1.0-1; rpm_ship lab
  rpm_plain lab-conflict lab 'Conflicts: lab-victim'
  rpm_plain lab-unsat lab 'Requires: lab-nowhere'
  rpm_begin lab-newdep-lib 1.0-1; rpm_ship lab
  rpm_plain lab-newdep lab 'Requires: lab-newdep-lib'
  rpm_begin lab-old 1.0-1; rpm_ship lab
  rpm_begin lab-new 1.1-1 'Obsoletes: lab-old < 1.1' 'Provides: lab-old = %{version}-%{release}'; rpm_ship lab

  # scriptlets of the new version
  rpm_breaking lab-failpre pre <<'END'
echo 'lab-failpre: refusing to unpack' >&2
exit 3
END
  rpm_breaking lab-failpost post <<'END'
echo 'lab-failpost: cannot be configured' >&2
exit 4
END
  # The mark tells a test that the script is really running: nothing has to be slept for.
  rpm_breaking lab-hangpost post <<'END'
echo $$ >/run/lab-hangpost.pid
exec sleep 3600
END
  # The child keeps the manager's stdout open after everything else has ended.
  rpm_breaking lab-daemon post <<'END'
sleep 3600 &
echo $! >/run/lab-daemon.pid
END

  # several kernels stay installed, for dnf by name and for zypper by what they provide
  for n in 1 2 3; do
    rpm_begin kernel-core "6.1.$n-1" "BuildArch: $native" 'Provides: installonlypkg(kernel)' \
      'Provides: multiversion(kernel)' "Provides: kernel-core-uname-r = %{version}-%{release}.$native"
    rpm_file "/usr/lib/modules/6.1.$n-1.$native/vmlinuz" "kernel 6.1.$n"
    rpm_file "/boot/vmlinuz-6.1.$n-1.$native" "kernel 6.1.$n"
    rpm_ship lab
    rpm_begin kernel "6.1.$n-1" "BuildArch: $native" 'Provides: installonlypkg(kernel)' \
      'Provides: multiversion(kernel)' 'Requires: kernel-core = %{version}-%{release}'
    rpm_ship lab
  done
  advisory LABSA-2099:0004 security Important CVE-2099-0004 "kernel-core-6.1.3-1.$native" "kernel-6.1.3-1.$native"

  # files: a configuration that the admin has changed, and an update that needs 64 MiB of disk
  for n in 1.0 1.1; do
    rpm_begin lab-conffile "$n-1"; rpm_file /etc/lab-conffile.conf "setting = packaged-$n" '%config(noreplace)'
    rpm_ship lab
  done
  rpm_begin lab-huge 1.0-1; rpm_ship lab
  rpm_begin lab-huge 1.1-1; rpm_file /opt/lab-huge '' '' 64M; rpm_ship lab

  # bookkeeping
  rpm_begin lab-source 2.3-1; rpm_subpackage lab-src 1.0; rpm_ship lab
  rpm_begin lab-source 2.4-1; rpm_subpackage lab-src 1.1; rpm_ship lab
  rpm_begin lab-modular 1.0-1 'ModularityLabel: labmod:1:1:abc'; rpm_ship none
  rpm_begin lab-obsolete 1.0-1; rpm_ship none

  # A reboot patch is skipped by zypper's non-interactive mode; a patch of the package manager goes first and alone.
  for n in reboot pkgmgr; do
    rpm_begin "lab-$n" 1.0-1; rpm_ship lab
    rpm_begin "lab-$n" 1.1-1; rpm_ship lab-special
  done
  advisory --repository=lab-special LABBA-2099:0010 bugfix None restart_suggested lab-pkgmgr-1.1-1.noarch
  advisory --repository=lab-special LABBA-2099:0011 bugfix None reboot_suggested lab-reboot-1.1-1.noarch

  # for tests to copy into a repository
  rpm_begin lab-plain 1.2-1; rpm_ship unsigned
  rpm_begin innocent1 1.2-1; rpm_ship damaged
}

# What a root has installed before the first test touches it; lab-modular and lab-obsolete besides.
LAB_RPM_INSTALL='lab-release-9-1 lab-plain-1.0-1 innocent1-1.0-1 innocent2-1.0-1 innocent3-1.0-1 innocent4-1.0-1
innocent5-1.0-1 lab-held-1.0-1 lab-epoch-1:1.0-1 lab-archchange-1.0-1 lab-secfix-1.0-1 lab-hidden-1.0-1 lab-nocve-1.0-1
lab-withdrawn-1.0-1 lab-victim-1.0-1 lab-conflict-1.0-1 lab-unsat-1.0-1 lab-newdep-1.0-1 lab-old-1.0-1
lab-failpre-1.0-1 lab-failpost-1.0-1 lab-hangpost-1.0-1 lab-daemon-1.0-1 lab-conffile-1.0-1 lab-huge-1.0-1
lab-src-1.0-1 lab-reboot-1.0-1 lab-pkgmgr-1.0-1'
