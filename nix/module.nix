# services.patchctl: the agent as a service of NixOS. docs/nixos.md explains it.
{
  config,
  lib,
  pkgs,
  ...
}:

let
  inherit (lib)
    literalExpression
    mkEnableOption
    mkIf
    mkMerge
    mkOption
    types
    ;

  cfg = config.services.patchctl;
  json = pkgs.formats.json { };
  toUnit = import ./systemdUnit.nix { inherit lib; };

  # Not a path value of Nix, which would be copied to the store for everybody to read, nor a file that is there already.
  secretFile = lib.mkOptionType {
    name = "secretFile";
    description = "absolute path, as a string, to a file outside the Nix store";
    check = file: builtins.isString file && lib.hasPrefix "/" file && !lib.hasPrefix builtins.storeDir file;
    merge = lib.mergeEqualOption;
  };

  # Only after the text is taken apart: Nix forgets on the way which packages a text refers to.
  unit =
    file:
    let
      parsed = toUnit (builtins.readFile (../packaging/systemd + "/${file}"));
      ExecStart =
        builtins.replaceStrings [ "/opt/patchctl/bin/patchctl-agent" ] [ "${cfg.package}/bin/patchctl-agent" ]
          parsed.serviceConfig.ExecStart;
    in
    parsed
    // lib.optionalAttrs (parsed ? serviceConfig) {
      serviceConfig = parsed.serviceConfig // {
        inherit ExecStart;
      };
    };

  settingsFile = json.generate "patchctl-settings.json" (lib.filterAttrs (_: value: value != null) cfg.settings);

  # Name in config.json, and the file its value is in.
  secrets = lib.filterAttrs (_: file: file != null) {
    license_key = cfg.licenseKeyFile;
    proxy = cfg.proxyFile;
  };
  secretNames = builtins.attrNames secrets;

  configDirectory = "/run/patchctl-config";

  # What the daemon writes beyond StateDirectory=. The executor is root and makes its own.
  extraDirectories =
    lib.optional (cfg.settings.log_directory != null) cfg.settings.log_directory
    ++ lib.optional (cfg.settings.state_directory != "/var/lib/patchctl") cfg.settings.state_directory;

  daemon =
    let
      base = unit "patchctl.service";
      writable = lib.toList (base.serviceConfig.ReadWritePaths or [ ]) ++ extraDirectories;
    in
    base
    // {
      # One restart, in the new configuration. What is being installed runs in other units and goes on.
      stopIfChanged = false;
      restartTriggers = [ settingsFile ];
      requires = base.requires ++ [ "patchctl-config.service" ];
      after = base.after ++ [ "patchctl-config.service" ];
      serviceConfig =
        base.serviceConfig // lib.optionalAttrs (writable != [ ]) { ReadWritePaths = writable; };
    };

  # A package manager may be at work in these: no switch to another configuration may stop them.
  untouched = {
    restartIfChanged = false;
    stopIfChanged = false;
  };

  executor =
    let
      base = unit "patchctl-executor@.service";
    in
    base
    // untouched
    // {
      # Not Requires=, which would hand a restart of the configuration on to a command at work.
      wants = base.wants ++ [ "patchctl-config.service" ];
      after = base.after ++ [ "patchctl-config.service" ];
      # A policy that is not there allows everything; one that was asked for and is missing must allow nothing.
      unitConfig =
        (base.unitConfig or { }) // lib.optionalAttrs (cfg.policyFile != null) { AssertPathExists = cfg.policyFile; };
    };
in
{
  options.services.patchctl = {
    enable = mkEnableOption "the PatchCTL agent: heartbeats and health of this host to a control plane";

    package = mkOption {
      type = types.package;
      default = pkgs.patchctl-agent;
      defaultText = literalExpression "the package of the flake that this module comes from";
      description = "The agent.";
    };

    licenseKeyFile = mkOption {
      type = types.nullOr secretFile;
      default = null;
      example = "/run/secrets/patchctl-license-key";
      description = "File with the licence key of the organisation. It is read by root when the service starts and never gets into the Nix store.";
    };

    proxyFile = mkOption {
      type = types.nullOr secretFile;
      default = null;
      example = "/run/secrets/patchctl-proxy";
      description = "File with the address of an HTTP proxy that asks for a password: `http://user:password@host:port`.";
    };

    policyFile = mkOption {
      type = types.nullOr secretFile;
      default = null;
      example = "/var/lib/secrets/patchctl-policy.json";
      description = "File with what commands may do on this host, whatever the control plane asks for. Root's own; it is read anew for each command. A file that is missing allows nothing.";
    };

    executor.enable = mkOption {
      type = types.bool;
      default = true;
      description = "Whether commands get a side with root. Without it this is a read-only install: heartbeats and scans, no command that changes the host.";
    };

    settings = mkOption {
      type = import ./settings.nix { inherit lib json; };
      default = { };
      example = {
        api_url = "https://patchctl.example.com";
        heartbeat_seconds = 60;
      };
      description = "What goes into `/etc/patchctl/config.json`; docs/reference/configuration.md lists the keys. It is in the Nix store for everybody to read.";
    };
  };

  config = mkIf cfg.enable (mkMerge [
    {
      assertions = [
        {
          assertion = cfg.licenseKeyFile != null;
          message = "services.patchctl.licenseKeyFile is not set: name a file with the licence key, outside the Nix store.";
        }
        {
          assertion = !(cfg.settings ? license_key);
          message = "services.patchctl.settings.license_key would be in the Nix store for everybody to read: set services.patchctl.licenseKeyFile instead.";
        }
        {
          assertion = cfg.settings.proxy == null || cfg.proxyFile == null;
          message = "services.patchctl.settings.proxy and services.patchctl.proxyFile are both set: keep one of them.";
        }
        {
          assertion = cfg.policyFile == null || cfg.executor.enable;
          message = "services.patchctl.policyFile has nobody to read it while services.patchctl.executor.enable is false: remove one of them.";
        }
      ];

      environment.systemPackages = [ cfg.package ];
      environment.etc."patchctl/config.json".source = "${configDirectory}/config.json";

      users.users.patchctl = {
        isSystemUser = true;
        group = "patchctl";
        description = "PatchCTL agent";
        home = "/var/lib/patchctl";
      };
      users.groups.patchctl = { };

      systemd.tmpfiles.rules = [
        # Nix owns the program, so it does not update itself.
        "d /opt/patchctl 0755 root root -"
        "f+ /opt/patchctl/installed-by 0644 root root - nix"
      ]
      ++ map (directory: "d ${directory} 0755 patchctl patchctl -") extraDirectories;

      # config.json holds the licence key, so it is put together outside the store.
      systemd.services.patchctl-config = {
        description = "PatchCTL agent: configuration";
        documentation = [ "https://docs.patchctl.com/agent" ];
        before = [ "patchctl.service" ];
        # Restarted in one step, which takes the daemon along.
        stopIfChanged = false;
        serviceConfig = {
          Type = "oneshot";
          RemainAfterExit = true;
          LoadCredential = map (name: "${name}:${secrets.${name}}") secretNames;
          RuntimeDirectory = "patchctl-config";
          # An executor that starts meanwhile finds the former one.
          RuntimeDirectoryPreserve = true;
          UMask = "0077";
          CapabilityBoundingSet = "";
          NoNewPrivileges = true;
          PrivateNetwork = true;
          PrivateTmp = true;
          ProtectHome = true;
          ProtectSystem = "strict";
        };
        script = ''
          ${pkgs.jq}/bin/jq ${
            lib.concatMapStringsSep " " (name: ''--rawfile ${name} "$CREDENTIALS_DIRECTORY/${name}"'') secretNames
          } '. + ({${
            lib.concatMapStringsSep ", " (name: "${name}: \$${name}") secretNames
          }} | map_values(gsub("^\\s+|\\s+$"; "")))' ${settingsFile} > ${configDirectory}/config.json.new
          mv ${configDirectory}/config.json.new ${configDirectory}/config.json
        '';
      };

      systemd.services.patchctl = daemon;
    }

    (mkIf cfg.executor.enable {
      systemd.services."patchctl-executor@" = executor;
      systemd.services."patchctl-installer@" = unit "patchctl-installer@.service" // untouched;
      systemd.sockets.patchctl-executor = unit "patchctl-executor.socket";
      systemd.sockets.patchctl-installer = unit "patchctl-installer.socket";
    })

    (mkIf (cfg.policyFile != null) {
      environment.etc."patchctl/policy.json".source = cfg.policyFile;
    })
  ]);
}
