# A flake of a NixOS administrator, with hosts that have the agent. Both inputs come from the command line.
{
  inputs.patchctl.inputs.nixpkgs.follows = "nixpkgs";

  outputs =
    { nixpkgs, patchctl, ... }:
    let
      inherit (nixpkgs) lib;
      system =
        module:
        (lib.nixosSystem {
          modules = [
            patchctl.nixosModules.default
            module
          ];
        }).config;
      licenseKeyFile = "/run/secrets/license-key";
      host =
        services:
        system {
          services.patchctl = {
            enable = true;
            inherit licenseKeyFile;
          }
          // services;
        };
      report = config: {
        failed = map ({ message, ... }: message) (lib.filter ({ assertion, ... }: !assertion) config.assertions);
        units = lib.mapAttrs (_: unit: unit.text) config.systemd.units;
        files = lib.mapAttrs (_: { source, mode }: { inherit mode; source = toString source; }) config.environment.etc;
        tmpfiles = config.systemd.tmpfiles.rules;
        user = config.users.users.patchctl or null;
        packages = map (package: package.name) config.environment.systemPackages;
        settings = config.services.patchctl.settings;
        program = "${config.services.patchctl.package}";
      };
      settings = settings: host { inherit settings; };
    in
    {
      hosts = lib.mapAttrs (_: report) {
        plain = host { };
        without = system { };
        full = host {
          proxyFile = "/run/secrets/proxy";
          policyFile = "/var/lib/secrets/policy.json";
          settings = {
            api_url = "https://patchctl.example.com:8443/base";
            heartbeat_seconds = 60;
            log_directory = "/var/log/patchctl";
            state_directory = "/srv/patchctl";
            ca_file = "/etc/ssl/private-ca.pem";
            refresh = "never";
            later_key = [ 1 ];
          };
        };
        readOnly = host { executor.enable = false; };
        otherPackage = host {
          package = (patchctl.overlays.default nixpkgs.legacyPackages.x86_64-linux { }).patchctl-agent;
        };
        overridden = system {
          services.patchctl = {
            enable = true;
            inherit licenseKeyFile;
          };
          systemd.services.patchctl = {
            environment.EXTRA = "1";
            serviceConfig.RestartSec = lib.mkForce 60;
            serviceConfig.SystemCallFilter = [ "@pkey" ];
          };
        };

        # Each of these must be refused.
        noKey = host { licenseKeyFile = null; };
        keyInSettings = settings { license_key = "pk_live_0123456789"; };
        twoProxies = host {
          proxyFile = "/run/secrets/proxy";
          settings.proxy = "http://proxy:3128";
        };
        unreadPolicy = host {
          policyFile = "/var/lib/secrets/policy.json";
          executor.enable = false;
        };
        keyAsPath = host { licenseKeyFile = ./flake.nix; };
        keyInStore = host { licenseKeyFile = "${./flake.nix}"; };
        policyInStore = host { policyFile = "${builtins.toFile "policy.json" "{}"}"; };
        relativeKey = host { licenseKeyFile = "license-key"; };
        unknownOption = host { licenceKeyFile = "/run/secrets/license-key"; };
        notHttps = settings { api_url = "http://patchctl.example.com"; };
        tooOften = settings { heartbeat_seconds = 0; };
        textForNumber = settings { scan_seconds = "21600"; };
        proxyPassword = settings { proxy = "http://user:secret@proxy:3128"; };
        noPin = settings { pins = [ "sha256/short" ]; };
        noLevel = settings { log_level = "verbose"; };
        noRefresh = settings { refresh.if_older_than_seconds = 5; };
        textForBoolean = settings { read_only = "yes"; };
        relativeDirectory = settings { state_directory = "var/lib"; };
        functionForJson = settings { later_key = x: x; };
      };
    };
}
