# shellcheck shell=sh
# What the deb, the rpm and install.sh do alike; `npm run package` puts a copy into each.

config=/etc/patchctl/config.json

# With the file of packaging/systemd where systemd can read it, else by hand with the same values.
make_user() { # [SYSUSERS FILE]
  if [ -n "${1:-}" ] && command -v systemd-sysusers >/dev/null; then
    SYSTEMD_LOG_LEVEL=notice systemd-sysusers "$1"
  elif ! id -u patchctl >/dev/null 2>&1; then
    useradd --system --user-group --home-dir /var/lib/patchctl --no-create-home \
      --shell /usr/sbin/nologin --comment 'PatchCTL agent' patchctl
  fi
}

# Log files, where `log_directory` asks for them, are the daemon's.
make_log_directory() {
  [ -d /opt/patchctl/log ] || mkdir -m 755 /opt/patchctl/log
  chown patchctl:patchctl /opt/patchctl/log
}

# Holds a licence key, so it is never readable by others, not even for a moment.
make_config() {
  [ -e "$config" ] || (umask 077 && printf '{\n  "license_key": ""\n}\n' >"$config")
}

has_license_key() {
  grep -Eq '"license_key"[[:space:]]*:[[:space:]]*"[[:space:]]*pk_live_[A-Za-z0-9]+[[:space:]]*"' "$config" 2>/dev/null
}

say_what_to_do() {
  printf '%s\n' \
    'PatchCTL agent is installed and not running.' \
    "Put your licence key into $config, then: systemctl enable --now patchctl"
}
