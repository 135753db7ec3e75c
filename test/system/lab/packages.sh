# shellcheck shell=bash
# The awkward packages. Release version (pool/stable) is installed in the root; newer ones wait in updates or security.
# Sourced by roots.sh; the helpers are in archive.sh.

# plain NAME POCKETS [FIELD...]   1.0-1 in the release, 1.1-1 in POCKETS (comma separated; "-" for none)
plain() {
  local name=$1 pockets=$2; shift 2
  begin "$name" 1.0-1 "$@"; ship stable
  [ "$pockets" != - ] || return 0
  begin "$name" 1.1-1 "$@"
  # shellcheck disable=SC2086
  ship ${pockets//,/ }
}

# breaking NAME SCRIPT <<EOF   like plain, with a maintainer script in the new version only
breaking() { begin "$1" 1.0-1; ship stable; begin "$1" 1.1-1; script "$2"; ship updates; }

build_packages() {
  local native n; native=$(dpkg --print-architecture)

  # ordinary updates; the innocents are bystanders of other packages' failures
  plain lab-plain updates
  for n in 1 2 3 4 5; do plain "innocent$n" updates; done
  plain lab-both updates,security
  plain lab-held updates
  plain lab-pinned updates
  begin lab-phased 1.0-1; ship stable
  begin lab-phased 1.1-1 'Phased-Update-Percentage: 0'; ship updates
  plain lab-multiarch updates 'Multi-Arch: same' "Architecture: $native"

  # security
  begin lab-secfix 1.0-1; ship stable
  begin lab-secfix 1.0-1+sec1; ship security
  begin lab-hidden 1.0-1; ship stable
  begin lab-hidden 1.0-1+sec1; ship security
  begin lab-hidden 2.0-1; ship updates
  local old='lab-cve (1.0-1) stable; urgency=medium

  * Initial release, already without CVE-2098-0009.

 -- Lab <lab@example.invalid>  Mon, 01 Jan 2024 00:00:00 +0000'
  begin lab-cve 1.0-1; changelog <<<"$old"; ship stable
  begin lab-cve 1.0-1+sec1; changelog <<END; ship security
lab-cve (1.0-1+sec1) stable-security; urgency=high

  * CVE-2099-0001: heap overflow in the parser.
  * Fix use after free (CVE-2099-0002, Closes: #999999).

 -- Lab <lab@example.invalid>  Tue, 02 Jan 2024 00:00:00 +0000

$old
END

  # the solver has to say no, or to ask for more
  begin lab-newdep 1.0-1; ship stable
  begin lab-newdep-lib 1.0-1; ship updates
  begin lab-newdep 1.1-1 'Depends: lab-newdep-lib'; ship updates
  plain lab-victim -
  begin lab-conflict 1.0-1; ship stable
  begin lab-conflict 1.1-1 'Conflicts: lab-victim'; ship updates
  begin lab-unsat 1.0-1; ship stable
  begin lab-unsat 1.1-1 'Depends: lab-nowhere'; ship updates

  # maintainer scripts
  breaking lab-failpre preinst <<'END'
echo 'lab-failpre: refusing to unpack' >&2
exit 3
END
  breaking lab-failpost postinst <<'END'
echo 'lab-failpost: cannot be configured' >&2
exit 4
END
  # The mark tells a test that the script is really running: nothing has to be slept for.
  breaking lab-hangpost postinst <<'END'
[ "$1" = configure ] || exit 0
echo $$ >/run/lab-hangpost.pid
exec sleep 3600
END
  # The child keeps dpkg's stdout open after everything else has ended.
  breaking lab-daemon postinst <<'END'
[ "$1" = configure ] || exit 0
sleep 3600 &
echo $! >/run/lab-daemon.pid
END
  # What update-notifier-common's notify-reboot-required does, and unattended-upgrades' kernel hook.
  begin linux-image-lab 6.1.1-1; ship stable
  begin linux-image-lab 6.1.2-1; script postinst <<'END'; ship security
[ "$1" = configure ] || exit 0
echo "*** System restart required ***" >/run/reboot-required
echo linux-image-lab >>/run/reboot-required.pkgs
END

  # configuration files
  begin lab-conffile 1.0-1; conffile /etc/lab-conffile.conf <<<'setting = packaged-1'; ship stable
  begin lab-conffile 1.1-1; conffile /etc/lab-conffile.conf <<<'setting = packaged-2'; ship updates
  begin lab-rc 1.0-1; conffile /etc/lab-rc.conf <<<'left = behind'; ship stable
  begin lab-rc 1.1-1; conffile /etc/lab-rc.conf <<<'left = behind'; ship updates

  # bookkeeping
  plain lab-autodep updates
  begin lab-app 1.0-1 'Depends: lab-autodep'; ship stable
  begin lab-sourced 1.0-1 'Source: lab-source (1:2.3)'; ship stable
  begin lab-sourced 1.1-1 'Source: lab-source (1:2.4)'; ship updates
  begin lab-obsolete 1.0-1; ship none
  begin lab-huge-installed 1.0-1; ship stable
  begin lab-huge-installed 1.1-1 'Installed-Size: 900000000000'; ship updates
  plain lab-huge-download updates
}

# What a root has installed before the first test touches it.
LAB_INSTALL='lab-plain innocent1 innocent2 innocent3 innocent4 innocent5 lab-both lab-held lab-pinned lab-phased
lab-multiarch lab-secfix lab-hidden lab-cve lab-newdep lab-victim lab-conflict lab-unsat lab-failpre lab-failpost
lab-hangpost lab-daemon linux-image-lab lab-conffile lab-rc lab-autodep lab-app lab-sourced lab-huge-installed
lab-huge-download'
