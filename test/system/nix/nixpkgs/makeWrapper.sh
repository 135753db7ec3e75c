#!/bin/bash
# makeWrapper PROGRAM WRAPPER [--unset VARIABLE]... [--add-flags FLAGS]
set -euo pipefail
program=$1 wrapper=$2
shift 2
mkdir -p "$(dirname "$wrapper")"
{
  echo '#!/bin/bash'
  flags=
  while [ $# -gt 0 ]; do
    case $1 in
      --unset) echo "unset $2" ;;
      --add-flags) flags+=" $2" ;;
      *) echo "makeWrapper: $1 is not known here" >&2; exit 1 ;;
    esac
    shift 2
  done
  echo "exec $program$flags \"\$@\""
} >"$wrapper"
chmod +x "$wrapper"
