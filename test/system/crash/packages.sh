#!/bin/bash
# Builds the packages of the crash matrix into the archive of a lab box: 1.0-1 in the release, 1.1-1 as an update whose
# scripts take their time, write down each run, and wait as long as LOG.hold is there.
#   packages.sh LOG
set -euo pipefail
log=$1
for name in crash-one crash-two crash-three; do
  for version in 1.0-1 1.1-1; do
    stage=$(mktemp -d)
    chmod 755 "$stage"
    mkdir -p "$stage/DEBIAN" "$stage/usr/share/$name" "$stage/etc"
    printf 'Package: %s\nVersion: %s\nArchitecture: all\nMaintainer: Lab <lab@example.invalid>\nDescription: package of the crash matrix\n' \
      "$name" "$version" >"$stage/DEBIAN/control"
    for file in {1..50}; do printf '%s\n' "$version" >"$stage/usr/share/$name/$file"; done
    printf 'setting = %s\n' "$version" >"$stage/etc/$name.conf"
    printf '/etc/%s.conf\n' "$name" >"$stage/DEBIAN/conffiles"
    pocket=stable
    if [ "$version" = 1.1-1 ]; then
      pocket=updates
      for script in preinst postinst; do
        printf '#!/bin/sh\necho "%s %s $1" >>%s\nsleep 0.3\nwhile [ -e %s.hold ]; do sleep 0.1; done\n' \
          "$name" "$script" "$log" "$log" >"$stage/DEBIAN/$script"
        chmod 755 "$stage/DEBIAN/$script"
      done
    fi
    mkdir -p "/srv/lab/pool/$pocket"
    dpkg-deb -Zgzip -z1 --root-owner-group --build "$stage" "/srv/lab/pool/$pocket/${name}_${version}_all.deb" >/dev/null
    rm -r "$stage"
  done
done
