# The module inside the whole of NixOS: its options fit, and the units it makes are there to be read.
{
  lib,
  pkgs,
  nixosSystem,
  module,
}:

let
  inherit
    (nixosSystem {
      modules = [
        module
        ./host.nix
        {
          nixpkgs.hostPlatform = pkgs.stdenv.hostPlatform.system;
          system.stateVersion = "24.05";
        }
      ];
    })
    config
    ;

  # Those of a host without disks and boot loader are not ours to satisfy.
  broken = lib.filter (
    { assertion, message }: !assertion && lib.hasPrefix "services.patchctl" message
  ) config.assertions;

  units = lib.filterAttrs (name: _: lib.hasPrefix "patchctl" name) config.systemd.units;
in
assert broken == [ ];
pkgs.runCommand "patchctl-units" { } ''
  mkdir $out
  ${lib.concatStrings (
    lib.mapAttrsToList (name: unit: ''
      cp ${pkgs.writeText (builtins.replaceStrings [ "@" ] [ "-" ] name) unit.text} $out/${name}
    '') units
  )}
''
