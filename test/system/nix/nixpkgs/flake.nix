# Stands in for nixpkgs where there is none to be had: as much of its library, of NixOS and of its builders as flake.nix and
# nix/ use, so that they can be evaluated and built with the programs of the host. What is not here does not evaluate.
{
  outputs =
    _:
    let
      lib = import ./lib.nix;
    in
    {
      lib = lib // {
        nixosSystem =
          { modules }:
          lib.evalModules {
            modules = modules ++ [ ./nixos.nix ];
            argumentsFor =
              config:
              let
                pkgs = import ./packages.nix {
                  inherit lib;
                  system = config.nixpkgs.hostPlatform;
                };
              in
              {
                inherit pkgs;
              };
          };
      };
      legacyPackages = lib.genAttrs [ "x86_64-linux" "aarch64-linux" ] (
        system: import ./packages.nix { inherit lib system; }
      );
    };
}
