# The builder: a command, or the phases that nix/ writes, in the order of nixpkgs' stdenv.
set -euo pipefail
shopt -s expand_aliases
runHook() { :; }
if [ -n "${buildCommand-}" ]; then
  eval "$buildCommand"
  exit
fi
cp -r "$src" source
chmod -R u+w source
cd source
eval "$configurePhase"
eval "$buildPhase"
eval "$installPhase"
eval "$installCheckPhase"
