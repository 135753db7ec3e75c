# shellcheck shell=bash
# Debian packages that the system tests use on the host itself. Apart from roots.sh: whoever adds one rebuilds no root.
lab_tools=(
  mmdebstrap apt-utils gpg gpgv gpgconf time iproute2 util-linux debian-archive-keyring
  rpm createrepo-c libarchive-tools zstd locales debsecan
  systemd systemd-container nftables socat busybox-static kmod libcap2-bin faketime
  nix-bin jq
  lintian rpmlint piuparts shellcheck openssl curl wget xz-utils
)
