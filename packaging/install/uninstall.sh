#!/bin/sh
# Removes the PatchCTL agent that install.sh installed, and all that belongs to it: configuration, state, user.
#   --keep-data   leaves configuration, state and user, for an installation by another way
set -eu
export LC_ALL=C
PATH=${PATH:-}:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin

die() {
  printf 'uninstall.sh: %s\n' "$*" >&2
  exit 1
}

opt=/opt/patchctl
units=/usr/local/lib/systemd/system
services='patchctl-update.timer patchctl-update.service patchctl.service patchctl-executor.socket patchctl-installer.socket'

# Never in the middle of an installation: it would go on, but nobody would report it.
refuse_while_working() {
  if systemctl list-units --no-legend --plain 'patchctl-executor@*' 'patchctl-installer@*' | grep -q .; then
    if [ -n "$was_active" ]; then systemctl start patchctl.service; fi
    die 'a command is being carried out, or a scan: wait for its end, then run this again'
  fi
}

remove_systemd() {
  was_active=
  refuse_while_working
  # One that comes at this very moment counts too.
  if systemctl --quiet is-active patchctl.service; then
    was_active=1
    systemctl stop patchctl.service
  fi
  refuse_while_working
  for unit in $services; do
    if [ ! -e "$units/$unit" ]; then continue; fi
    systemctl --quiet stop "$unit" || true
    # Before it is disabled: what is masked cannot be.
    systemctl --quiet unmask "$unit"
    systemctl --quiet disable "$unit" 2>/dev/null || true
  done
}

# The daemon starts an executor for each command, and one for a scan, which is soon over.
executors() {
  for process in /proc/[0-9]*; do
    case $(tr '\0' ' ' 2>/dev/null <"$process/cmdline") in *"$opt/bin/patchctl-agent execute "*) echo "$process" ;; esac
  done
}

remove_openrc() {
  # Without systemd the program's own name is all that tells who is at work.
  if [ -n "$(executors)" ]; then die 'a command is being carried out, or a scan: wait for its end, then run this again'; fi
  if rc-service --quiet patchctl status >/dev/null 2>&1; then rc-service patchctl stop; fi
  rc-update --quiet delete patchctl default >/dev/null 2>&1 || true
  rm -f /etc/init.d/patchctl
}

# Folders that the installation made, unless somebody else has put something into them.
remove_empty() {
  if [ ! -f "$opt/made-folders" ]; then return; fi
  sort -ru "$opt/made-folders" | while read -r folder; do rmdir "$folder" 2>/dev/null || true; done
}

main() {
  keep=
  case ${1:-} in
    '') ;;
    --keep-data) keep=1 ;;
    *) die 'the only option is --keep-data' ;;
  esac
  [ "$(id -u)" = 0 ] || die 'run this as root'
  owner=$(cat "$opt/installed-by" 2>/dev/null || echo script)
  [ "$owner" = script ] || die "the agent here came as a $owner package: remove it the same way"

  if [ -d /run/systemd/system ]; then
    remove_systemd
  elif [ -e /etc/init.d/patchctl ]; then
    remove_openrc
  fi
  rm -f "$units"/patchctl.service "$units"/patchctl-executor.socket "$units"/patchctl-executor@.service \
    "$units"/patchctl-installer.socket "$units"/patchctl-installer@.service "$units"/patchctl-update.timer \
    "$units"/patchctl-update.service /var/lib/systemd/timers/stamp-patchctl-update.timer
  if [ -d /run/systemd/system ]; then systemctl daemon-reload; fi
  rm -f /usr/local/bin/patchctl /usr/local/share/man/man1/patchctl.1 /usr/local/share/man/man8/patchctl-agent.8 \
    /usr/local/share/bash-completion/completions/patchctl /usr/local/share/zsh/site-functions/_patchctl \
    /usr/local/share/fish/vendor_completions.d/patchctl.fish
  remove_empty
  if [ -n "$keep" ]; then
    rm -rf "${opt:?}/bin" "$opt/versions" "$opt/update" "$opt/made-folders" "$opt/LICENSE" "$opt/installed-by"
  else
    rm -rf /etc/patchctl /var/lib/patchctl /var/lib/patchctl-executor /run/patchctl
    if id -u patchctl >/dev/null 2>&1; then userdel patchctl; fi
  fi
  # This file last, so that what was cut short can be done again.
  if [ -n "$keep" ]; then rm -f "$opt/uninstall.sh"; else rm -rf "$opt"; fi
  rmdir "$opt" 2>/dev/null || true
  echo 'The PatchCTL agent is removed.'
}

main "$@"
