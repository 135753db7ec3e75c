# Functions of nixpkgs' lib under their names there.
let
  inherit (builtins)
    attrNames
    concatLists
    concatStringsSep
    elemAt
    filter
    isAttrs
    isList
    length
    listToAttrs
    map
    stringLength
    substring
    ;

  strings = rec {
    inherit concatStringsSep;
    concatMapStringsSep = separator: f: list: concatStringsSep separator (map f list);
    concatStrings = concatStringsSep "";
    hasPrefix = prefix: text: substring 0 (stringLength prefix) text == prefix;
    removePrefix =
      prefix: text: if hasPrefix prefix text then substring (stringLength prefix) (-1) text else text;
    splitString =
      separator: text: filter builtins.isString (builtins.split (escapeRegex separator) text);
    escapeRegex = builtins.replaceStrings [ "." "+" "*" ] [ "\\." "\\+" "\\*" ];
    boolToString = value: if value then "true" else "false";
    optionalString = condition: text: if condition then text else "";
  };

  lists = rec {
    any = builtins.any;
    all = builtins.all;
    inherit filter;
    foldl' = builtins.foldl';
    last = list: elemAt list (length list - 1);
    optional = condition: element: if condition then [ element ] else [ ];
    optionals = condition: list: if condition then list else [ ];
    toList = value: if isList value then value else [ value ];
  };

  attrsets = rec {
    nameValuePair = name: value: { inherit name value; };
    genAttrs = names: f: listToAttrs (map (name: nameValuePair name (f name)) names);
    mapAttrs = builtins.mapAttrs;
    mapAttrs' = f: set: listToAttrs (map (name: f name set.${name}) (attrNames set));
    mapAttrsToList = f: set: map (name: f name set.${name}) (attrNames set);
    filterAttrs =
      keep: set: removeAttrs set (filter (name: !keep name set.${name}) (attrNames set));
    optionalAttrs = condition: set: if condition then set else { };
    isDerivation = value: isAttrs value && value.type or "" == "derivation";
  };

  modules = import ./modules.nix lib;

  lib =
    strings
    // lists
    // attrsets
    // modules
    // {
      types = import ./types.nix lib;
      licenses.asl20.spdxId = "Apache-2.0";
      inherit concatLists;
    };
in
lib
