# Packages by their names in nixpkgs, made of what this machine has. `PATCHCTL_TARBALLS`, for --impure builds, is a folder with
# one tarball for each npm package, in the place of what would be downloaded.
{ lib, system }:

let
  tarballs = builtins.getEnv "PATCHCTL_TARBALLS";
  hostPath = "/usr/local/bin:/usr/bin:/bin";
  shell = "/bin/bash";

  callPackage =
    file: overrides:
    let
      function = if builtins.isFunction file then file else import file;
    in
    function (builtins.intersectAttrs (builtins.functionArgs function) pkgs // overrides);

  # The phases that nix/ uses, in their order.
  mkDerivation =
    attributes:
    let
      name = attributes.name or "${attributes.pname}-${attributes.version}";
      derived = derivation (
        removeAttrs attributes [ "meta" "passthru" ]
        // {
          inherit name system;
          builder = shell;
          args = [ ./build.sh ];
          PATH = lib.concatStringsSep ":" (
            map (input: "${input}/bin") (attributes.nativeBuildInputs or [ ]) ++ [ hostPath ]
          );
        }
      );
      isTarball = attributes ? outputHash && tarballs != "";
    in
    derived
    // (attributes.passthru or { })
    // {
      meta = attributes.meta or { };
      inherit name;
      inherit (attributes) version;
    }
    // lib.optionalAttrs isTarball {
      outPath = "${tarballs}/${name}.tgz";
    };

  runCommand =
    name: environment: buildCommand:
    derivation (
      environment
      // {
        inherit name system buildCommand;
        builder = shell;
        args = [ ./build.sh ];
        PATH = hostPath;
      }
    );

  writeText = name: text: runCommand name { inherit text; } "printf %s \"$text\" >$out";
  writeScript = name: text: runCommand name { inherit text; } "printf %s \"$text\" >$out; chmod +x $out";

  # A folder with links to programs of this machine.
  programs =
    name: paths:
    runCommand name { } ''
      mkdir -p $out/bin
      ${lib.concatMapStringsSep "\n" (path: "ln -s ${path} $out/bin/") paths}
    '';

  pkgs = {
    inherit
      callPackage
      lib
      runCommand
      shell
      writeScript
      writeText
      ;
    stdenv = {
      inherit mkDerivation;
      hostPlatform.system = system;
    };
    stdenvNoCC = pkgs.stdenv;
    cacert = programs "cacert" [ ];
    coreutils = programs "coreutils" [ "/bin/mv" ];
    jq = programs "jq" [ "/usr/bin/jq" ];
    nodejs_24 = programs "nodejs" [ (builtins.getEnv "PATCHCTL_NODE") ];
    nixfmt = programs "nixfmt" [ ];
    makeWrapper = runCommand "make-wrapper" { } ''
      mkdir -p $out/bin
      cp ${./makeWrapper.sh} $out/bin/makeWrapper
      chmod +x $out/bin/makeWrapper
    '';
    mkShell = { packages }: mkDerivation {
      name = "shell";
      version = "0";
      nativeBuildInputs = packages;
    };
    formats.json = _: {
      type = lib.types.attrsOf lib.types.json;
      generate = name: value: writeText name (builtins.toJSON value);
    };
    # A virtual machine cannot be made here. What its configuration evaluates to can.
    testers.runNixOSTest =
      { name, nodes, testScript }:
      let
        machines = lib.mapAttrs (
          _: module:
          (lib.evalModules {
            modules = [
              module
              ./nixos.nix
            ];
            argumentsFor = _: { inherit pkgs; };
          }).config
        ) nodes;
      in
      runCommand "vm-test-${name}" {
        inherit testScript;
        machines = lib.mapAttrsToList (name: _: name) machines;
        units = lib.concatLists (
          lib.mapAttrsToList (_: { systemd, ... }: lib.mapAttrsToList (_: { text }: text) systemd.units) machines
        );
      } "exit 1";
  };
in
pkgs
