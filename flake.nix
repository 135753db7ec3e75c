{
  description = "PatchCTL agent: keeps Linux servers patched";

  inputs.nixpkgs.url = "github:NixOS/nixpkgs/nixos-unstable";

  outputs =
    { self, nixpkgs }:
    let
      inherit (nixpkgs) lib;
      forEachSystem =
        outputsOf:
        lib.genAttrs [ "x86_64-linux" "aarch64-linux" ] (system: outputsOf nixpkgs.legacyPackages.${system});
      systemOf = pkgs: pkgs.stdenv.hostPlatform.system;
    in
    {
      overlays.default = import ./nix/overlay.nix;

      packages = forEachSystem (pkgs: {
        default = pkgs.callPackage ./nix/package.nix { };
      });

      nixosModules.default =
        { lib, pkgs, ... }:
        {
          imports = [ ./nix/module.nix ];
          services.patchctl.package = lib.mkDefault self.packages.${systemOf pkgs}.default;
        };

      devShells = forEachSystem (pkgs: {
        default = pkgs.mkShell { packages = [ pkgs.nodejs_24 ]; };
      });

      formatter = forEachSystem (pkgs: pkgs.nixfmt-tree or pkgs.nixfmt);

      checks = forEachSystem (pkgs: {
        package = self.packages.${systemOf pkgs}.default;
        module = import ./nix/tests/module.nix {
          inherit lib pkgs;
          inherit (lib) nixosSystem;
          module = self.nixosModules.default;
        };
        vm = import ./nix/tests/vm.nix {
          inherit (pkgs) testers;
          module = self.nixosModules.default;
        };
      });
    };
}
