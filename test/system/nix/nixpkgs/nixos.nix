# The options of NixOS that the module sets, with the types that they have there, and the unit texts NixOS makes of them.
{
  config,
  lib,
  pkgs,
  ...
}:

let
  inherit (lib) mkOption types;

  option =
    type: default:
    mkOption {
      inherit type default;
    };
  strings = option (types.listOf types.str) [ ];
  text = option types.str "";

  # Lists and single values may be mixed: then they are put together.
  unitOption = lib.mkOptionType {
    description = "systemd option";
    check = _: true;
    merge =
      path: values:
      if lib.any builtins.isList values then
        builtins.concatMap lib.toList values
      else
        lib.mergeEqualOption path values;
  };
  section = option (types.attrsOf unitOption) { };

  unitOptions = {
    description = text;
    documentation = strings;
    requires = strings;
    wants = strings;
    after = strings;
    before = strings;
    wantedBy = strings;
    requiredBy = strings;
    unitConfig = section;
    restartTriggers = option (types.listOf types.unspecified) [ ];
  };
  serviceOptions = {
    serviceConfig = section;
    script = option types.lines "";
    path = option (types.listOf types.package) [ ];
    environment = option (types.attrsOf types.str) { };
    restartIfChanged = option types.bool true;
    stopIfChanged = option types.bool true;
  };

  toLines =
    set:
    lib.concatStrings (
      builtins.concatLists (
        lib.mapAttrsToList (
          key: value:
          map (
            one: "${key}=${if builtins.isBool one then lib.boolToString one else toString one}\n"
          ) (lib.toList value)
        ) set
      )
    );

  unitSection =
    unit:
    let
      listed =
        lib.mapAttrs' (option: key: lib.nameValuePair key (toString unit.${option})) {
          after = "After";
          before = "Before";
          documentation = "Documentation";
          requires = "Requires";
          wants = "Wants";
        }
        // {
          Description = unit.description;
          X-Restart-Triggers = toString unit.restartTriggers;
        };
    in
    "[Unit]\n" + toLines (lib.filterAttrs (_: value: value != "") listed // unit.unitConfig);

  install = unit: lib.optionalString (unit.wantedBy != [ ]) "\n[Install]\nWantedBy=${toString unit.wantedBy}\n";

  service =
    name: unit:
    unitSection unit
    + "\n[Service]\n"
    # What NixOS gives to every service.
    + "Environment=\"PATH=${lib.concatMapStringsSep ":" (package: "${package}/bin") (unit.path ++ [ pkgs.coreutils ])}\"\n"
    + lib.concatStrings (
      lib.mapAttrsToList (
        variable: value: "Environment=${builtins.toJSON "${variable}=${value}"}\n"
      ) unit.environment
    )
    + lib.optionalString (!unit.restartIfChanged) "X-RestartIfChanged=false\n"
    + lib.optionalString (!unit.stopIfChanged) "X-StopIfChanged=false\n"
    + toLines (
      unit.serviceConfig
      // lib.optionalAttrs (unit.script != "") {
        ExecStart = pkgs.writeScript "${name}-start" "#!${pkgs.shell}\nset -e\n${unit.script}";
      }
    )
    + install unit;

  socket = _: unit: unitSection unit + "\n[Socket]\n" + toLines unit.socketConfig + install unit;

  withSuffix =
    suffix: toText: units:
    lib.mapAttrs' (
      name: unit: lib.nameValuePair "${name}.${suffix}" { text = toText name unit; }
    ) units;
in
{
  options = {
    assertions = option (types.listOf types.unspecified) [ ];
    environment.systemPackages = option (types.listOf types.package) [ ];
    environment.etc = option (types.attrsOf (
      types.submodule {
        options.source = mkOption { type = types.path; };
        options.mode = option types.str "symlink";
      }
    )) { };
    nixpkgs.hostPlatform = option types.str "x86_64-linux";
    system.stateVersion = text;
    systemd.services = option (types.attrsOf (
      types.submodule { options = unitOptions // serviceOptions; }
    )) { };
    systemd.sockets = option (types.attrsOf (
      types.submodule { options = unitOptions // { socketConfig = section; }; }
    )) { };
    systemd.tmpfiles.rules = strings;
    systemd.units = option (types.attrsOf (types.submodule { options.text = text; })) { };
    users.groups = option (types.attrsOf (types.submodule { options = { }; })) { };
    users.users = option (types.attrsOf (
      types.submodule {
        options = {
          isSystemUser = option types.bool false;
          group = text;
          description = text;
          home = option types.str "/var/empty";
        };
      }
    )) { };
  };

  config.systemd.units =
    withSuffix "service" service config.systemd.services // withSuffix "socket" socket config.systemd.sockets;
}
