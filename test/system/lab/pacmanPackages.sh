# shellcheck shell=bash
# Pacman packages and their signed repositories. Sourced by roots.sh.
#
# A repository holds one version of a package, so 1.0-1 is installed from files and 1.1-1 waits in a repository. pacman
# upgrades everything or nothing: what would spoil every other upgrade lives in lab-extra, which a test enables and
# thins out by removing what it does not want.
#   /srv/lab/REPO   packages with detached signatures, REPO.db. lab.db is signed too, lab-extra.db is not.

# pac_begin NAME VERSION [KEY = VALUE...]   starts a package; "arch = any" unless a KEY says otherwise (PKGINFO keys)
pac_begin() {
  PKG=$1 PKG_VERSION=$2 PKG_ARCH=any; shift 2
  STAGE=$WORK/stage; rm -rf "$STAGE"; mkdir -p "$STAGE/usr/share/$PKG"
  printf '%s %s\n' "$PKG" "$PKG_VERSION" >"$STAGE/usr/share/$PKG/version"
  local field size=4096 base=$PKG
  {
    printf 'pkgname = %s\npkgver = %s\n' "$PKG" "$PKG_VERSION"
    printf 'pkgdesc = awkward package of the lab\nurl = https://lab.example.invalid/\n'
    printf 'builddate = %s\npackager = Lab <lab@example.invalid>\nlicense = GPL\n' "$LAB_EPOCH"
    for field in "$@"; do
      case $field in
        arch*) PKG_ARCH=${field#*= } ;;
        size*) size=${field#*= } ;;
        pkgbase*) base=${field#*= } ;;
        *) printf '%s\n' "$field" ;;
      esac
    done
    printf 'pkgbase = %s\narch = %s\nsize = %s\n' "$base" "$PKG_ARCH" "$size"
  } >"$STAGE/.PKGINFO"
}

# pac_script <<EOF   the .INSTALL file, shell functions pre_upgrade, post_upgrade, ...
pac_script() { cat >"$STAGE/.INSTALL"; }

# pac_file PATH <<EOF
pac_file() { mkdir -p "$STAGE$(dirname "$1")"; cat >"$STAGE$1"; }

# pac_ship FOLDER   builds the package into a folder below /srv/lab
pac_ship() (
  local file=$ARCHIVE/$1/$PKG-$PKG_VERSION-$PKG_ARCH.pkg.tar.zst files
  mkdir -p "$ARCHIVE/$1"; cd "$STAGE"; shopt -s dotglob; files=(*)
  find . -exec touch -h -d "@$LAB_EPOCH" {} +
  bsdtar -cz --format=mtree --options='!all,use-set,type,uid,gid,mode,time,size,sha256,link' \
    --uid 0 --gid 0 -f .MTREE "${files[@]}"
  touch -d "@$LAB_EPOCH" .MTREE
  bsdtar -c --format=pax --uid 0 --gid 0 --uname root --gname root -f - .MTREE "${files[@]}" | zstd -q -o "$file"
)

# pac_plain NAME [KEY = VALUE...]   1.0-1 installed, 1.1-1 in lab
pac_plain() { pac_begin "$1" 1.0-1 "${@:2}"; pac_ship installed; pac_begin "$1" 1.1-1 "${@:2}"; pac_ship lab; }

# pac_breaking NAME <<EOF   1.0-1 installed, 1.1-1 with this .INSTALL in lab-extra
pac_breaking() { pac_begin "$1" 1.0-1; pac_ship installed; pac_begin "$1" 1.1-1; pac_script; pac_ship lab-extra; }

pac_build_packages() {
  local n arch=$1
  pac_plain lab-plain
  for n in 1 2 3 4 5; do pac_plain "innocent$n"; done
  pac_plain lab-secfix
  pac_plain lab-held
  pac_plain lab-grouped 'group = lab-group'
  pac_begin lab-victim 1.0-1; pac_ship installed; pac_ship lab
  pac_begin lab-newdep 1.0-1; pac_ship installed
  pac_begin lab-newdep 1.1-1 'depend = lab-newdep-lib>=1.0'; pac_ship lab
  pac_begin lab-newdep-lib 1.0-1; pac_ship lab
  pac_plain lab-autodep
  pac_begin lab-app 1.0-1 'depend = lab-autodep'; pac_ship installed; pac_ship lab
  pac_begin lab-split 1.0-1 'pkgbase = lab-source'; pac_ship installed; pac_ship lab

  # An epoch outweighs a higher version; a rename; an installed version that is newer than the repository's.
  pac_begin lab-epoch 9.0-1; pac_ship installed
  pac_begin lab-epoch 1:1.0-1; pac_ship lab
  pac_begin lab-old 1.0-1; pac_ship installed
  pac_begin lab-new 1.1-1 'replaces = lab-old' 'conflict = lab-old' 'provides = lab-old=1.1'; pac_ship lab
  pac_begin lab-newer 2.0-1; pac_ship installed
  pac_begin lab-newer 1.0-1; pac_ship lab
  pac_begin lab-foreign 1.0-1; pac_ship installed

  pac_begin lab-conffile 1.0-1 'backup = etc/lab-conffile.conf'
  pac_file /etc/lab-conffile.conf <<<'setting = packaged-1'; pac_ship installed
  pac_begin lab-conffile 1.1-1 'backup = etc/lab-conffile.conf'
  pac_file /etc/lab-conffile.conf <<<'setting = packaged-2'; pac_ship lab
  # As on Arch, the modules of the running kernel go with the package that brought them.
  for n in 1 2; do
    pac_begin linux "6.1.$n-1" "arch = $arch"
    pac_file "/usr/lib/modules/6.1.$n-lab/vmlinuz" <<<'no kernel'
    pac_file "/usr/lib/modules/6.1.$n-lab/pkgbase" <<<'linux'
    case $n in 1) pac_ship installed ;; 2) pac_ship lab ;; esac
  done

  # The solver has to say no.
  pac_begin lab-conflict 1.0-1; pac_ship installed
  pac_begin lab-conflict 1.1-1 'conflict = lab-victim'; pac_ship lab-extra
  pac_begin lab-unsat 1.0-1; pac_ship installed
  pac_begin lab-unsat 1.1-1 'depend = lab-nowhere'; pac_ship lab-extra
  pac_begin lab-lib 1.0-1; pac_ship installed
  pac_begin lab-lib 1.1-1; pac_ship lab-extra
  pac_begin lab-user 1.0-1 'depend = lab-lib=1.0'; pac_ship installed; pac_ship lab
  pac_begin lab-needsheld 1.0-1; pac_ship installed
  pac_begin lab-needsheld 1.1-1 'depend = lab-held>=1.1'; pac_ship lab-extra
  # Larger on disk than it says, so that the disk is full in the middle.
  pac_begin lab-bloat 1.0-1; pac_ship installed
  pac_begin lab-bloat 1.1-1; head -c 67108864 /dev/zero | pac_file /usr/share/lab-bloat/zero; pac_ship lab-extra
  pac_begin lab-huge 1.0-1; pac_ship installed
  pac_begin lab-huge 1.1-1 'size = 900000000000000'; pac_ship lab-extra
  # Owns a file that is already there.
  pac_begin lab-overwrites 1.0-1; pac_ship installed
  pac_begin lab-overwrites 1.1-1; pac_file /etc/lab-conffile.conf <<<'mine'; pac_ship lab-extra

  # scriptlets
  pac_breaking lab-failpre <<'END'
pre_upgrade() { echo 'lab-failpre: refusing to unpack' >&2; return 3; }
END
  pac_breaking lab-failpost <<'END'
post_upgrade() { echo 'lab-failpost: cannot be configured' >&2; return 4; }
END
  # The mark tells a test that the script is really running: nothing has to be slept for.
  pac_breaking lab-hangpost <<'END'
post_upgrade() { echo $$ >/run/lab-hangpost.pid; exec sleep 3600; }
END
  # The child keeps pacman's pipe to the scriptlet open after everything else has ended.
  pac_breaking lab-daemon <<'END'
post_upgrade() { sleep 3600 & echo $! >/run/lab-daemon.pid; }
END
}

# pac_desc PACKAGE   the entry of a package in its repository's database, as repo-add writes it
pac_desc() {
  bsdtar -xOqf "$1" .PKGINFO | awk -v file="${1##*/}" -v csize="$(stat -c %s "$1")" -v sum="$(sha256sum "$1" | cut -d' ' -f1)" '
    BEGIN {
      split("pkgname NAME pkgbase BASE pkgver VERSION pkgdesc DESC group GROUPS size ISIZE url URL license LICENSE arch ARCH builddate BUILDDATE packager PACKAGER replaces REPLACES conflict CONFLICTS provides PROVIDES depend DEPENDS", w, " ")
      for (i = 1; i in w; i += 2) { field[w[i]] = w[i + 1]; order[++n] = w[i + 1] }
    }
    { key = $1; value = $0; sub(/^[^=]*= /, "", value); if (key in field) rows[field[key]] = rows[field[key]] value "\n" }
    END {
      printf "%%FILENAME%%\n%s\n\n%%CSIZE%%\n%s\n\n%%SHA256SUM%%\n%s\n\n", file, csize, sum
      for (i = 1; i <= n; i++) if (order[i] in rows) printf "%%%s%%\n%s\n", order[i], rows[order[i]]
    }'
}

# publish_pacman DIR   signs new packages and (re)writes the databases of the repositories in DIR. Each call moves a
# database's time on by a minute, as pacman asks only for one that is newer than its own.
publish_pacman() (
  trap 'rm -rf "$copy"' EXIT
  copy=$(mktemp -d "$LAB/publish.XXXXXX")
  exec 6>"$LAB/gnupg.lock"; flock 6
  make_signing_key
  local repo db file entry at
  for repo in lab lab-extra; do
    db=$1/$repo/$repo.db; at=$LAB_EPOCH
    [ ! -e "$db" ] || at=$(( $(stat -c %Y "$db") + 60 ))
    mkdir -p "$copy/$repo"
    for file in "$1/$repo"/*.pkg.tar.zst; do
      [ -e "$file.sig" ] || lab_gpg --detach-sign -o "$file.sig" "$file"
      entry=${file##*/}; entry=$copy/$repo/${entry%-*}
      mkdir "$entry"; pac_desc "$file" >"$entry/desc"
    done
    # shellcheck disable=SC2012
    (cd "$copy/$repo" && ls | bsdtar -cz -f "$copy/$repo.db" --uid 0 --gid 0 -T -)
    rm -f "$db" "$db.sig"
    cp "$copy/$repo.db" "$db"
    [ "$repo" != lab ] || lab_gpg --detach-sign -o "$db.sig" "$db"
    touch -d "@$at" "$db" "$db".*
  done
  gpgconf --homedir "$LAB/gnupg" --kill gpg-agent
)

pac_config() {
  cat <<'EOF'
[options]
HoldPkg = pacman glibc
Architecture = auto
SigLevel = Required DatabaseOptional
LocalFileSigLevel = Optional

[lab]
Server = file:///srv/lab/$repo

#[lab-extra]
#Server = file:///srv/lab/$repo
EOF
}

build_pacman() {
  local dir=$1 arch
  export ARCHIVE=$dir/srv/lab WORK=$dir.work
  rm -rf "$WORK"; mkdir -p "$ARCHIVE" "$WORK"
  mirrors
  cp -L /etc/resolv.conf /etc/hosts "$dir/etc/"
  in_root "$dir" apt-get -qq -y install --no-install-recommends pacman-package-manager makepkg
  arch=$(uname -m)
  pac_build_packages "$arch"
  mv "$ARCHIVE/installed" "$WORK/"
  printf '_pacman\n' >"$ARCHIVE/kind"
  publish_pacman "$ARCHIVE"

  cp -L "$dir/etc/os-release" "$dir/etc/os-release.debian"; rm "$dir/etc/os-release"
  printf 'NAME="LabOS"\nPRETTY_NAME="LabOS"\nID=labos\nID_LIKE=arch\nBUILD_ID=rolling\n' >"$dir/etc/os-release"
  pac_config >"$dir/etc/pacman.conf"
  cp "$LAB/gnupg/lab-archive.gpg" "$dir/root/lab.gpg"
  in_root "$dir" bash -euc '
    pacman-key --init; pacman-key --add /root/lab.gpg
    pacman-key --lsign-key "$(gpg --show-keys --with-colons /root/lab.gpg | sed -n "s/^fpr:*\([0-9A-F]*\):$/\1/p" | head -n1)"
    gpgconf --homedir /etc/pacman.d/gnupg --kill all
    rm /root/lab.gpg'
  cp -r "$WORK/installed" "$dir/root/installed"
  in_root "$dir" bash -euc 'pacman -U --noconfirm --noprogressbar /root/installed/*; pacman -D --asdeps lab-autodep; pacman -Sy'
  rm -rf "$dir/root/installed" "$WORK"
  # Only now: this folder is no mount point, as the root of a box is.
  sed -i '/^Architecture/a CheckSpace' "$dir/etc/pacman.conf"
  ln -s ../proc/self/mounts "$dir/etc/mtab"
  printf 'setting = changed by the admin\n' >"$dir/etc/lab-conffile.conf"
}
