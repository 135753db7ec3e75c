#!/bin/sh
# Installs the PatchCTL agent, or brings an installation to another version; running it again changes nothing more.
#   curl -fsSL https://install.patchctl.com | sudo sh -s -- --key=pk_live_...
# Nothing that was downloaded runs, or is even unpacked, before its list of checksums has proved to be signed by the key
# below. The signature is ECDSA, not Ed25519, because the openssl command of older distributions cannot verify the latter.
# Without openssl there is no installation, and no option to do without: the name of a package to install is better advice.
set -eu
umask 022
export LC_ALL=C
PATH=${PATH:-}:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin

release_key='@RELEASE_KEY@'

@HOST@

usage() {
  cat <<'TEXT'
Usage: install.sh [--key=pk_live_...] [options]
  --key=KEY         licence key. Other users of this host can see it in the process list while the installation runs;
                    --key-file or the variable PATCHCTL_LICENSE_KEY avoid that
  --key-file=FILE   file that holds the licence key
  --api-url=URL     control plane, if not https://api.patchctl.com
  --ca-file=FILE    certificate authorities to trust for the control plane, as PEM; copied to /etc/patchctl/ca.pem
  --read-only       heartbeats and scans only: nothing on this host can be changed
  --no-read-only    the opposite, after --read-only
  --version=VERSION this version instead of the newest
  --from=PLACE      folder, or https:// address of one, with SHA256SUMS, SHA256SUMS.sig and the release
  --uninstall       remove the agent and all that belongs to it
Options that are not given leave an existing configuration as it is.
TEXT
}

say() { printf '%s\n' "$*"; }
die() {
  printf 'install.sh: %s\n' "$*" >&2
  exit 1
}

opt=/opt/patchctl
units=/usr/local/lib/systemd/system
ca_copy=/etc/patchctl/ca.pem
key='' key_file='' api_url='' ca_file='' read_only='' version='' from='' action=install work='' files=''

# Never shows a value: it might be the key with a typing error before it.
parse() {
  for argument in "$@"; do
    value=${argument#*=}
    case $argument in
      --key=*) key=$value ;;
      --key-file=*) key_file=$value ;;
      --api-url=*) api_url=$value ;;
      --ca-file=*) ca_file=$value ;;
      --version=*) version=$value ;;
      --from=*) from=${value%/} ;;
      --read-only) read_only=true ;;
      --no-read-only) read_only=false ;;
      --uninstall) action=uninstall ;;
      --help | -h) action=help ;;
      --*) die "unknown option ${argument%%=*}, or its value is missing (--option=value); see --help" ;;
      *) die 'unexpected argument that does not begin with --; see --help' ;;
    esac
  done
}

plain() { # NAME VALUE   what can stand in JSON and in a path as it is
  case $2 in
    *[\"\\]* | *[[:cntrl:]]*) die "--$1: quotes, backslashes and line breaks cannot be used here" ;;
  esac
}

check_arguments() {
  if [ -n "$key_file" ]; then
    [ -z "$key" ] || die 'give --key or --key-file, not both'
    [ -r "$key_file" ] || die "--key-file: $key_file cannot be read"
    key=$(cat "$key_file")
  elif [ -z "$key" ]; then
    key=${PATCHCTL_LICENSE_KEY:-}
  fi
  # Not for the environment of curl, tar and the others.
  unset PATCHCTL_LICENSE_KEY
  key=$(printf '%s' "$key" | tr -d '[:space:]')
  if [ -n "$key" ]; then
    printf '%s\n' "$key" | grep -Eq '^pk_live_[A-Za-z0-9]{8,128}$' ||
      die 'that is not a licence key: pk_live_ followed by letters and digits, as the dashboard shows it'
  fi
  plain api-url "$api_url"
  case $api_url in '' | https://?*) ;; *) die '--api-url: an address that begins with https:// is expected' ;; esac
  case $ca_file in
    '') ;;
    /*) grep -q 'BEGIN CERTIFICATE' "$ca_file" 2>/dev/null || die "--ca-file: $ca_file is not a readable PEM file" ;;
    *) die '--ca-file: an absolute path is expected' ;;
  esac
  case $version in *[!0-9A-Za-z.+-]*) die '--version: that is not a version' ;; esac
  case $from in '' | https://?* | /?*) ;; *) die '--from: an https:// address or an absolute path is expected' ;; esac
}

detect() {
  [ "$(uname -s)" = Linux ] || die 'this agent is for Linux'
  case $(uname -m) in
    x86_64) arch=x64 ;;
    aarch64) arch=arm64 ;;
    *) die "no release for the architecture $(uname -m); there are x86_64 and aarch64" ;;
  esac
  platform=linux-$arch
  if glibc=$(getconf GNU_LIBC_VERSION 2>/dev/null); then
    glibc=${glibc#glibc }
    [ "$(printf '%s\n' 2.28 "$glibc" | sort -V | head -n 1)" = 2.28 ] || die "glibc 2.28 or newer is needed, here is $glibc"
  else
    # Without glibc (Alpine) the agent is run by the distribution's own Node.js.
    platform=linux-node
    node -e 'const [a, b] = process.versions.node.split("."); process.exit(a > 24 || (a == 24 && b >= 11) ? 0 : 1)' 2>/dev/null ||
      die 'no glibc here: install Node.js 24.11 or newer first (apk add nodejs)'
  fi
  manager=none
  if [ -d /run/systemd/system ]; then
    manager=systemd
    systemd_version=$(systemctl --version | sed -n '1s/^systemd \([0-9]*\).*/\1/p')
    [ "${systemd_version:-0}" -ge 247 ] || die "systemd 247 or newer is needed, here is ${systemd_version:-an unknown version}"
  elif command -v rc-service >/dev/null && command -v openrc-run >/dev/null; then
    manager=openrc
  fi
  owner=$(cat "$opt/installed-by" 2>/dev/null || true)
  case $owner in
    '' | script) ;;
    *) die "the agent here came as a $owner package: update it the same way, or remove that package first" ;;
  esac
}

fetch() { # NAME
  case $from in
    /*) cp "$from/$1" "$work/$1" 2>/dev/null || die "$from/$1 is not there or cannot be read" ;;
    *)
      if command -v curl >/dev/null; then
        curl --fail --silent --show-error --location --proto '=https' --retry 2 --connect-timeout 20 --max-time 1800 \
          --output "$work/$1" "$from/$1" || die "$from/$1 could not be downloaded"
      elif command -v wget >/dev/null; then
        wget -q -T 60 -O "$work/$1" "$from/$1" || die "$from/$1 could not be downloaded"
      else
        die 'curl or wget is needed'
      fi
      ;;
  esac
}

version_in_use() { "$opt/bin/patchctl-agent" --version 2>/dev/null </dev/null | sed 's/.* v//'; }

newer() { # A B   whether A is newer than B
  [ "$1" != "$2" ] && [ "$(printf '%s\n' "$1" "$2" | sort -V | tail -n 1)" = "$1" ]
}

# Brings the release, proved to be genuine, to $files.
download() {
  from=${from:-https://install.patchctl.com/releases/${version:-latest}}
  command -v openssl >/dev/null ||
    die 'openssl is needed to verify the release before anything of it runs: install the package openssl, then run this again'
  fetch SHA256SUMS
  fetch SHA256SUMS.sig
  printf '%s\n' "$release_key" >"$work/key.pem"
  openssl dgst -sha256 -verify "$work/key.pem" -signature "$work/SHA256SUMS.sig" "$work/SHA256SUMS" >/dev/null 2>&1 ||
    die "the signature of $from/SHA256SUMS is wrong: nothing was installed"

  names=$(sed -n "s/^[0-9a-f]\{64\}  \(patchctl-agent-[^/ ]*-$platform\.tar\.[xg]z\)$/\1/p" "$work/SHA256SUMS")
  name=''
  for candidate in $names; do
    case $candidate in
      *.xz) if command -v xz >/dev/null; then name=$candidate && break; fi ;;
      *) name=$candidate ;;
    esac
  done
  [ -n "$name" ] || die "this release has nothing for $platform"
  found=${name#patchctl-agent-}
  found=${found%-"$platform".tar.?z}
  [ -z "$version" ] || [ "$version" = "$found" ] || die "asked for version $version, but the release is $found"
  running=$(version_in_use) || true
  if [ -z "$version" ] && [ -n "$running" ] && newer "$running" "$found"; then
    die "version $running is installed and the release is older ($found); to go back say --version=$found"
  fi
  version=$found

  fetch "$name"
  expected=$(sed -n "s/^\([0-9a-f]\{64\}\)  $name$/\1/p" "$work/SHA256SUMS")
  actual=$(openssl dgst -sha256 "$work/$name" | sed 's/.*= *//')
  [ "$expected" = "$actual" ] || die "the checksum of $name is wrong: nothing was installed"
  case $name in
    *.xz) xz -dc "$work/$name" | tar -xf - -C "$work" ;;
    *) gzip -dc "$work/$name" | tar -xf - -C "$work" ;;
  esac || die "$name could not be unpacked"
  rm -f "$work/$name"
  files=$work/${name%.tar.?z}
  answer=$("$files/patchctl-agent" --version </dev/null 2>&1) || die "the agent does not start on this host: $answer"
  [ "$answer" = "patchctl v$version" ] || die "the release calls itself '$answer' instead of $version"
}

# Outside of our own folder it is noted what was made, so that uninstall.sh removes that and nothing else.
make_folder() {
  if [ -d "$1" ]; then return; fi
  make_folder "${1%/*}"
  mkdir -m 755 "$1"
  case $1 in "$opt"/*) ;; *) printf '%s\n' "$1" >>"$opt/made-folders" ;; esac
}

# Not while the agent is being updated, and the other way round: they would undo each other's work. src/self-update/updateLock.ts
# takes the same lock.
lock_files() {
  install -d -m 755 "$opt/update"
  # Whoever could read it could lock it.
  umask 077
  exec 9>>"$opt/update/lock"
  umask 022
  if command -v flock >/dev/null && ! flock -n 9; then
    die 'an update of the agent is under way: wait for its end (systemctl status patchctl-update), then run this again'
  fi
  # What was decided before may not hold any more.
  [ "$(version_in_use)" = "$running" ] || die 'the agent was updated meanwhile: run this again'
}

# Before anything is started that would inherit the lock.
unlock_files() { exec 9>&-; }

# Whole or not at all, also when the power goes: the new file gets its name by a rename.
place() { # MODE SOURCE TARGET
  make_folder "${3%/*}"
  install -m "$1" "$2" "$3.new"
  mv -f "$3.new" "$3"
}

# A slot for each version, and a hard link to the one that is used, as self-update does it.
install_files() {
  place 755 "$files/patchctl-agent" "$opt/versions/$version/patchctl-agent"
  make_folder "$opt/bin"
  ln -f "$opt/versions/$version/patchctl-agent" "$opt/bin/patchctl-agent.new"
  mv -f "$opt/bin/patchctl-agent.new" "$opt/bin/patchctl-agent"
  for slot in "$opt"/versions/*; do
    case ${slot##*/} in "$version" | "$running") ;; *) rm -rf "$slot" ;; esac
  done
  place 755 "$files/uninstall.sh" "$opt/uninstall.sh"
  place 644 "$files/LICENSE" "$opt/LICENSE"
  if [ -f "$files/root.json" ] && [ ! -e "$opt/update/root.json" ]; then
    place 644 "$files/root.json" "$opt/update/root.json"
  fi
  make_folder /usr/local/bin
  ln -sfn "$opt/bin/patchctl-agent" /usr/local/bin/patchctl
  place 644 "$files/man/patchctl.1" /usr/local/share/man/man1/patchctl.1
  place 644 "$files/man/patchctl-agent.8" /usr/local/share/man/man8/patchctl-agent.8
  place 644 "$files/completions/patchctl.bash" /usr/local/share/bash-completion/completions/patchctl
  place 644 "$files/completions/patchctl.zsh" /usr/local/share/zsh/site-functions/_patchctl
  place 644 "$files/completions/patchctl.fish" /usr/local/share/fish/vendor_completions.d/patchctl.fish
  case $manager in
    # Not in /etc/systemd/system: there `systemctl mask` could not mask them.
    systemd) for unit in "$files"/systemd/*; do place 644 "$unit" "$units/${unit##*/}"; done ;;
    openrc) place 755 "$files/openrc/patchctl" /etc/init.d/patchctl ;;
  esac
  printf 'script\n' >"$work/installed-by"
  place 644 "$work/installed-by" "$opt/installed-by"
  if command -v restorecon >/dev/null; then
    restorecon -R /etc/patchctl "$units" "$opt" 2>/dev/null || true
    restorecon -F "$opt/bin/patchctl-agent" 2>/dev/null || true
  fi
}

# Sets one key of the configuration and leaves the others as they are. The value travels in the environment of awk, which no
# other user can read.
configure() { # NAME JSON
  (
    umask 077
    NAME=$1 VALUE=$2 awk '
      { text = text $0 "\n" }
      END {
        entry = "\"" ENVIRON["NAME"] "\": " ENVIRON["VALUE"]
        if (match(text, "\"" ENVIRON["NAME"] "\"[ \t\r\n]*:[ \t\r\n]*(\"[^\"]*\"|true|false)")) {
          printf "%s%s%s", substr(text, 1, RSTART - 1), entry, substr(text, RSTART + RLENGTH)
        } else {
          open = index(text, "{")
          rest = substr(text, open + 1)
          printf "%s\n  %s%s%s", substr(text, 1, open), entry, (rest ~ /^[ \t\r\n]*}/ ? "\n" : ","), rest
        }
      }' "$config" >"$config.new"
  )
  mv -f "$config.new" "$config"
}

install_config() {
  install -d -m 755 /etc/patchctl
  make_config
  chmod 600 "$config"
  [ -z "$key" ] || configure license_key "\"$key\""
  [ -z "$api_url" ] || configure api_url "\"$api_url\""
  if [ -n "$ca_file" ]; then
    # A copy, where the daemon's user can read it.
    [ "$ca_file" = "$ca_copy" ] || install -m 644 "$ca_file" "$ca_copy"
    configure ca_file "\"$ca_copy\""
  fi
  [ -z "$read_only" ] || configure read_only "$read_only"
}

start_systemd() {
  make_user ''
  make_log_directory
  systemctl daemon-reload
  sockets='patchctl-executor.socket patchctl-installer.socket'
  # shellcheck disable=SC2086
  case $read_only in
    true) systemctl --quiet stop $sockets && systemctl --quiet mask $sockets ;;
    false) systemctl --quiet unmask $sockets ;;
  esac
  has_license_key || return 0
  systemctl --quiet enable patchctl.service
  systemctl restart patchctl.service
  # Without its root of trust self-update could only fail, every six hours.
  if [ -f "$opt/update/root.json" ]; then systemctl --quiet enable --now patchctl-update.timer; fi
}

start_openrc() {
  install -d -m 755 "$opt/log"
  has_license_key || return 0
  rc-update --quiet add patchctl default
  rc-service patchctl restart
}

report() {
  say "PatchCTL agent $version is installed."
  if ! has_license_key; then
    case $manager in
      systemd)
        start='systemctl enable --now patchctl'
        if [ -f "$opt/update/root.json" ]; then start="$start patchctl-update.timer"; fi
        ;;
      openrc) start='rc-update add patchctl default && rc-service patchctl start' ;;
      none) start="start: $opt/bin/patchctl-agent run" ;;
    esac
    say "It is not running: put your licence key into $config, then: $start"
  elif [ "$manager" = none ]; then
    say "Neither systemd nor OpenRC runs here. Have it started, and restarted, by your own means: $opt/bin/patchctl-agent run"
  else
    say 'It is running. Whether all is well: patchctl status, and as root: patchctl selftest'
  fi
}

clean_up() {
  rm -rf "$work"
  # After a failed first installation nothing is left.
  rmdir "$opt" 2>/dev/null || true
}

main() {
  parse "$@"
  if [ "$action" = help ]; then
    usage
    return
  fi
  [ "$(id -u)" = 0 ] || die 'run this as root, for example with sudo'
  if [ "$action" = uninstall ]; then
    [ -e "$opt/installed-by" ] || [ -e "$opt/uninstall.sh" ] || {
      say 'The PatchCTL agent is not installed.'
      return
    }
    [ -x "$opt/uninstall.sh" ] || die "the agent here came as a $(cat "$opt/installed-by") package: remove it the same way"
    exec "$opt/uninstall.sh"
  fi
  check_arguments
  detect
  install -d -m 755 "$opt"
  trap clean_up EXIT
  trap 'exit 1' HUP INT TERM
  # Here and not in /tmp: that may be too small, or not allow programs to run.
  work=$(mktemp -d "$opt/.install.XXXXXX")
  download
  lock_files
  install_config
  install_files
  unlock_files
  case $manager in
    systemd) start_systemd ;;
    openrc) start_openrc ;;
  esac
  report
}

# At the very end, so that a script that was cut off on its way does nothing.
main "$@"
