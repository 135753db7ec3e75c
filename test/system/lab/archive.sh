# shellcheck shell=bash
# Builds small .debs and publishes them as a signed archive with three suites. Sourced by roots.sh.
#
# Nothing here depends on the clock: files, Release dates and signatures all carry LAB_EPOCH, a moment in the past, so
# a machine with a wrong clock still gets an archive that apt accepts, and the same .deb is the same bytes every time
# (apt merges two origins of one version only if their records agree).
LAB_EPOCH=1704067200

# begin NAME VERSION [FIELD...]   starts a package; "Architecture: all" unless a FIELD says otherwise
begin() {
  PKG=$1 PKG_VERSION=$2; shift 2
  STAGE=$WORK/stage; rm -rf "$STAGE"; mkdir -p "$STAGE/DEBIAN"
  PKG_CHANGELOG="$PKG ($PKG_VERSION) stable; urgency=medium"$'\n\n  * Release.\n\n -- Lab <lab@example.invalid>  Mon, 01 Jan 2024 00:00:00 +0000'
  {
    printf 'Package: %s\nVersion: %s\nMaintainer: Lab <lab@example.invalid>\n' "$PKG" "$PKG_VERSION"
    printf 'Section: misc\nPriority: optional\nDescription: awkward package of the lab\n'
    local field arch=all size=10
    for field in "$@"; do
      case $field in
        Architecture:*) arch=${field#*: } ;;
        Installed-Size:*) size=${field#*: } ;;
        *) printf '%s\n' "$field" ;;
      esac
    done
    printf 'Architecture: %s\nInstalled-Size: %s\n' "$arch" "$size"
  } >"$STAGE/DEBIAN/control"
}

# script KIND <<EOF   a maintainer script, body from stdin
script() { { printf '#!/bin/sh\nset -e\n'; cat; } >"$STAGE/DEBIAN/$1"; chmod 755 "$STAGE/DEBIAN/$1"; }

# conffile PATH <<EOF
conffile() { mkdir -p "$STAGE$(dirname "$1")"; cat >"$STAGE$1"; printf '%s\n' "$1" >>"$STAGE/DEBIAN/conffiles"; }

# changelog <<EOF   replaces the one-entry default
changelog() { PKG_CHANGELOG=$(cat); }

# ship POCKET...   builds the package once and puts the same bytes into each pool
ship() {
  local doc=$STAGE/usr/share/doc/$PKG pocket file=${PKG}_${PKG_VERSION//:/%3a}.deb
  mkdir -p "$doc"; gzip -n9 <<<"$PKG_CHANGELOG" >"$doc/changelog.Debian.gz"
  # gzip: readable by every dpkg the lab meets
  SOURCE_DATE_EPOCH=$LAB_EPOCH dpkg-deb -Zgzip -z1 --root-owner-group --build "$STAGE" "$WORK/$file" >/dev/null
  for pocket in "$@"; do mkdir -p "$ARCHIVE/pool/$pocket"; cp "$WORK/$file" "$ARCHIVE/pool/$pocket/$file"; done
}

# make_signing_key   once per cache
make_signing_key() {
  local home=$LAB/gnupg
  if [ ! -e "$home/lab-archive.gpg" ]; then
    rm -rf "$home"; mkdir -p "$home"; chmod 700 "$home"
    lab_gpg --passphrase '' --quick-gen-key 'LabOS archive <lab@example.invalid>' rsa2048 sign never
    lab_gpg --export >"$home/key.tmp"; mv "$home/key.tmp" "$home/lab-archive.gpg"
  fi
}
lab_gpg() { gpg --homedir "$LAB/gnupg" --batch --yes --quiet --no-tty --faked-system-time "${SIGN_EPOCH:-$LAB_EPOCH}!" "$@" 2>"$LAB/gpg.log" || { cat "$LAB/gpg.log" >&2; return 1; }; }

# publish DIR   (re)writes indexes and signatures of the archive in DIR. Each call moves the Release date on by a minute,
# as apt ignores a Release older than the one it has. pool/POCKET/*.deb plus an optional pool/POCKET/extra.Packages.
publish() (
  # In a copy: a box's folder is reached through /proc/PID/root, where apt-ftparchive cannot resolve paths.
  trap 'rm -rf "$copy"' EXIT
  copy=$(mktemp -d "$LAB/publish.XXXXXX")
  cp -r "$1/." "$copy"
  cd "$copy"
  local arch suite pocket label version previous
  arch=$(cat arch 2>/dev/null || dpkg --print-architecture)
  previous=$(sed -n 's/^Date: //p' dists/lab/Release 2>/dev/null || true)
  SIGN_EPOCH=$LAB_EPOCH; [ -z "$previous" ] || SIGN_EPOCH=$(( $(date -d "$previous" +%s) + 60 ))
  export SIGN_EPOCH SOURCE_DATE_EPOCH=$SIGN_EPOCH
  # One publisher at a time, as each ends the key agent that gpg has left running.
  exec 6>"$LAB/gnupg.lock"; flock 6
  make_signing_key
  for pocket in stable updates security; do
    mkdir -p "pool/$pocket"
    case $pocket in
      stable) suite=lab label=LabOS version=99 ;;
      updates) suite=lab-updates label=LabOS version=99-updates ;;
      security) suite=lab-security label=LabOS-Security version=99 ;;
    esac
    mkdir -p "dists/$suite/main/binary-$arch"
    {
      # a declared download that fits on no disk
      apt-ftparchive packages "pool/$pocket" |
        awk '/^Package: /{huge=($2=="lab-huge-download")} huge && /^Version: 1.0-1/{huge=0} huge && /^Size: /{$0="Size: 900000000000000"} {print}'
      cat "pool/$pocket/extra.Packages" 2>/dev/null || true
    } >"dists/$suite/main/binary-$arch/Packages"
    gzip -nkf1 "dists/$suite/main/binary-$arch/Packages"
    rm -f "dists/$suite/Release" "dists/$suite/InRelease" "dists/$suite/Release.gpg"
    local release=APT::FTPArchive::Release
    apt-ftparchive -o $release::Origin=LabOS -o $release::Label="$label" -o $release::Suite="${suite/lab/stable}" \
      -o $release::Codename="$suite" -o $release::Version="$version" -o $release::Architectures="$arch" \
      -o $release::Components=main release "dists/$suite" >Release.tmp
    mv Release.tmp "dists/$suite/Release"
    lab_gpg --clearsign -o "dists/$suite/InRelease" "dists/$suite/Release"
  done
  gpgconf --homedir "$LAB/gnupg" --kill gpg-agent
  chmod -R u+rwX,go+rX dists; rm -rf "$1/dists"; cp -r dists "$1/"
)
