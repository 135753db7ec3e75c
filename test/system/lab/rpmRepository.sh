# shellcheck shell=bash
# Builds small rpms and publishes them as signed repositories with advisories. Sourced by roots.sh.
#
# /srv/lab of an rpm root: kind, RPM-GPG-KEY-labos, extra/, and a folder for each repository, named by its id, with
# *.rpm, advisories/*.xml (one <update> each) and repodata/. As in archive.sh nothing depends on the clock. Tests that
# change it publish again, and replace files instead of writing into them: libzypp's cache is hard links to these.

# rpm_begin NAME [EPOCH:]VERSION-RELEASE [TAG...]   starts a package; noarch unless a TAG says otherwise
rpm_begin() {
  local name=$1 evr=$2 tag arch='BuildArch: noarch'; shift 2
  SPEC=$WORK/$name-${evr/:/_}.spec FILES=''
  {
    case $evr in *:*) printf 'Epoch: %s\n' "${evr%%:*}"; evr=${evr#*:} ;; esac
    printf 'Name: %s\nVersion: %s\nRelease: %s\n' "$name" "${evr%-*}" "${evr##*-}"
    for tag in "$@"; do case $tag in BuildArch:*) arch='' ;; esac; printf '%s\n' "$tag"; done
    printf '%s\n' "$arch"
    cat <<'END'
Summary: awkward package of the lab
License: none
Vendor: LabOS
AutoReqProv: no
%description
Awkward package of the lab.
%install
mkdir -p %{buildroot}
END
  } >"$SPEC"
}

# rpm_file PATH CONTENT [ATTRIBUTES [SIZE]]   SIZE: filled up to with zeros
rpm_file() {
  cat >>"$SPEC" <<END
mkdir -p %{buildroot}${1%/*}
printf '%%s\n' '$2' >%{buildroot}$1
truncate -s '>${4:-0}' %{buildroot}$1
END
  FILES+="${3:-} $1"$'\n'
}

# rpm_script pre|post <<EOF   a scriptlet, body from stdin
rpm_script() { { printf '%%%s\n' "$1"; cat; } >>"$SPEC"; }

# rpm_subpackage NAME VERSION   ships NAME instead of the package begun, which becomes its source
rpm_subpackage() {
  cat >>"$SPEC" <<END
%package -n $1
Version: $2
Summary: awkward package of the lab
%description -n $1
Of another source.
%files -n $1
END
  FILES=-
}

# rpm_ship REPOSITORY
rpm_ship() {
  [ "$FILES" = - ] || printf '%%files\n%s' "$FILES" >>"$SPEC"
  mkdir -p "$WORK/specs/$1"; mv "$SPEC" "$WORK/specs/$1/"
}

# rpm_plain NAME [REPOSITORY [TAG...]]   1.0-1 and 1.1-1; TAGs are of the new version only
rpm_plain() {
  local name=$1 repository=${2:-lab}; shift; [ $# = 0 ] || shift
  rpm_begin "$name" 1.0-1; rpm_ship "$repository"
  rpm_begin "$name" 1.1-1 "$@"; rpm_ship "$repository"
}

# rpm_breaking NAME pre|post <<EOF   a scriptlet in the new version only
rpm_breaking() {
  rpm_begin "$1" 1.0-1; rpm_ship lab
  rpm_begin "$1" 1.1-1; rpm_script "$2"; rpm_ship lab
}

# advisory [--repository=ID] ID TYPE SEVERITY [CVE | bug=N | reboot_suggested | restart_suggested]... PACKAGE...
# PACKAGE: NAME-VERSION-RELEASE.ARCH
advisory() {
  local repository=lab id type severity word references='' packages='' flags='' file
  case $1 in --repository=*) repository=${1#*=}; shift ;; esac
  id=$1 type=$2 severity=$3; shift 3
  for word in "$@"; do
    case $word in
      *_suggested) flags+="<$word>True</$word>" ;;
      CVE-*) references+="<reference type='cve' id='$word' title='$word' href='https://cve.example.invalid/$word'/>" ;;
      bug=*) references+="<reference type='bugzilla' id='${word#*=}' title='it breaks' href='https://bugs.example.invalid/'/>" ;;
      *)
        [[ $word =~ ^(.+)-([^-]+)-([^-]+)\.([^.]+)$ ]] || die "not a package: $word"
        packages+="<package name='${BASH_REMATCH[1]}' epoch='0' version='${BASH_REMATCH[2]}' release='${BASH_REMATCH[3]}'"
        packages+=" arch='${BASH_REMATCH[4]}'><filename>$word.rpm</filename>$flags</package>"
        ;;
    esac
  done
  file=$ARCHIVE/$repository/advisories/${id/:/-}.xml; mkdir -p "${file%/*}"
  cat >"$file" <<END
<update from="security@labos.invalid" status="final" type="$type" version="1">
<id>$id</id><title>$type update $id</title><severity>$severity</severity><rights>none</rights>
<issued date="2024-01-01 00:00:00"/><updated date="2024-01-02 00:00:00"/>
<summary>$type update</summary><description>Fixes „ä &amp; b“.
Second line.</description>
<references>$references</references>
<pkglist><collection short="lab"><name>LabOS 9</name>$packages</collection></pkglist>
</update>
END
}

# rpm_build_specs FOLDER   every spec of $WORK/specs/FOLDER, into $WORK/rpms/FOLDER
rpm_build_specs() {
  mkdir -p "$WORK/rpms/$1"
  SOURCE_DATE_EPOCH=$LAB_EPOCH rpmbuild --quiet --nodeps -bb \
    --define "_topdir $WORK/build" --define "_dbpath $WORK/db" --define "_rpmdir $WORK/rpms/$1" \
    --define '_build_name_fmt %%{NAME}-%%{VERSION}-%%{RELEASE}.%%{ARCH}.rpm' --define '_buildhost lab' \
    --define 'use_source_date_epoch_as_buildtime 1' --define 'clamp_mtime_to_source_date_epoch 1' \
    --define '_binary_payload w1.gzdio' --define '__os_install_post %{nil}' --define 'debug_package %{nil}' \
    "$WORK/specs/$1"/*.spec
}

# rpm_archive   the repositories as every rpm root starts with them, once per cache; leaves the folder in RPM_ARCHIVE
rpm_archive() {
  local dir
  dir=$LAB/rpm-archive-$(cat "$HERE"/{archive,rpmRepository,rpmPackages}.sh | sha256sum | cut -c1-12)
  RPM_ARCHIVE=$dir
  (
    flock 8
    [ ! -e "$dir" ] || exit 0
    export ARCHIVE=$dir.tmp WORK=$dir.work
    local folder
    rm -rf "$ARCHIVE" "$WORK"; mkdir -p "$ARCHIVE" "$WORK"
    printf _rpm >"$ARCHIVE/kind"
    build_rpm_packages
    for folder in "$WORK"/specs/*; do rpm_build_specs "${folder##*/}"; done
    rpm_sign "$WORK"/rpms/{lab,lab-extras,lab-special,none,damaged}/*.rpm
    for folder in lab lab-extras lab-special; do
      mkdir -p "$ARCHIVE/$folder"; mv "$WORK/rpms/$folder"/*.rpm "$ARCHIVE/$folder/"
    done
    mkdir "$ARCHIVE/extra"; mv "$WORK"/rpms/{none,unsigned,damaged}/*.rpm "$ARCHIVE/extra/"
    # its last bytes are compressed payload: the header stays readable
    printf damaged | dd of="$ARCHIVE/extra/innocent1-1.2-1.noarch.rpm" bs=1 conv=notrunc status=none \
      seek=$(($(stat -c %s "$ARCHIVE/extra/innocent1-1.2-1.noarch.rpm") - 20))
    find "$ARCHIVE" -name '*.rpm' -exec touch -d "@$LAB_EPOCH" {} +
    publish_rpm "$ARCHIVE"
    rm -rf "$WORK"; mv "$ARCHIVE" "$dir"
  ) 8>"$dir.lock"
}

# rpm_sign FILE...   also leaves the armored key in the archive
rpm_sign() (
  exec 6>"$LAB/gnupg.lock"; flock 6
  make_signing_key
  lab_gpg --armor --export >"$ARCHIVE/RPM-GPG-KEY-labos"
  rpmsign --define '__gpg /usr/bin/gpg' --define '_gpg_name lab@example.invalid' --define "_dbpath $WORK/db" \
    --define "_gpg_sign_cmd_extra_args --homedir $LAB/gnupg --batch --faked-system-time $LAB_EPOCH!" \
    --addsign "$@" >"$WORK/sign.log" 2>&1 || { cat "$WORK/sign.log" >&2; exit 1; }
  gpgconf --homedir "$LAB/gnupg" --kill gpg-agent
)

# publish_rpm DIR   (re)writes metadata and signatures of the repositories in DIR. Packages are not signed again.
publish_rpm() (
  # In a copy: a box's folder is reached through /proc/PID/root.
  trap 'rm -rf "$copy"' EXIT
  copy=$(mktemp -d "$LAB/publish.XXXXXX")
  cp -r --preserve=timestamps "$1/." "$copy"
  cd "$copy"
  exec 6>"$LAB/gnupg.lock"; flock 6
  make_signing_key
  local repository previous
  for repository in lab lab-extras lab-special; do
    [ -d "$repository" ] || continue
    previous=$(sed -n 's/.*<revision>\([0-9]*\)<.*/\1/p' "$repository/repodata/repomd.xml" 2>/dev/null || true)
    export SIGN_EPOCH=$LAB_EPOCH; [ -z "$previous" ] || SIGN_EPOCH=$((previous + 60))
    rm -rf "$repository/repodata"
    # gz: readable by every libsolv the lab meets
    createrepo_c --quiet --no-database --general-compress-type=gz --revision="$SIGN_EPOCH" "$repository"
    if compgen -G "$repository/advisories/*.xml" >/dev/null; then
      { echo '<updates>'; cat "$repository"/advisories/*.xml; echo '</updates>'; } >updateinfo.xml
      modifyrepo_c --compress-type=gz updateinfo.xml "$repository/repodata" >/dev/null
    fi
    # modifyrepo_c has no option for it
    sed -i "s|<timestamp>[0-9]*<|<timestamp>$SIGN_EPOCH<|" "$repository/repodata/repomd.xml"
    lab_gpg --armor --detach-sign -o "$repository/repodata/repomd.xml.asc" "$repository/repodata/repomd.xml"
    cp "$copy/RPM-GPG-KEY-labos" "$repository/repodata/repomd.xml.key"
    chmod -R u+rwX,go+rX "$repository/repodata"
    rm -rf "${1:?}/$repository/repodata"; cp -r "$repository/repodata" "$1/$repository/"
  done
  gpgconf --homedir "$LAB/gnupg" --kill gpg-agent
)
