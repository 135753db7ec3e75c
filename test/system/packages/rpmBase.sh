#!/bin/bash
# Makes FOLDER/base.rpm, which stands for a distribution: it provides whatever RPM requires of one.
#   rpmBase.sh RPM FOLDER
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
{
  printf '%s\n' 'Name: base' 'Version: 9' 'Release: 1' 'Summary: A distribution' 'License: none' 'BuildArch: noarch'
  rpm -qp --requires "$1" | grep -v '^rpmlib(' | sort -u | sed 's/^/Provides: /'
  printf '%s\n' '%description' 'A distribution.' '%files'
} >"$work/base.spec"
rpmbuild -bb --quiet --define "_topdir $work" --dbpath="$work/db" "$work/base.spec"
cp "$work/RPMS/noarch/base-9-1.noarch.rpm" "$2/base.rpm"
