# Types of options: what they accept, and how several definitions become one value.
lib:

let
  inherit (builtins)
    all
    attrNames
    concatLists
    elem
    filter
    head
    isAttrs
    isBool
    isInt
    isList
    isPath
    isString
    match
    substring
    ;
  inherit (lib) mergeEqualOption mergeWith mkOptionType;

  plain = description: check: mkOptionType {
    inherit description check;
    merge = mergeEqualOption;
  };

  isPathLike = value: isPath value || (isString value && substring 0 1 value == "/") || value ? outPath;
in
rec {
  bool = plain "boolean" isBool;
  str = plain "string" isString;
  lines = str // {
    merge = _: lib.concatStringsSep "\n";
  };
  path = plain "path" isPathLike;
  package = plain "package" lib.isDerivation;
  unspecified = plain "unspecified value" (_: true);
  enum = values: plain "one of ${builtins.toJSON values}" (value: elem value values);
  strMatching =
    pattern: plain "string matching the pattern ${pattern}" (text: isString text && match pattern text != null);
  ints.between =
    low: high:
    plain "integer between ${toString low} and ${toString high} (both inclusive)" (
      value: isInt value && value >= low && value <= high
    );

  listOf =
    element:
    mkOptionType {
      description = "list of ${element.description}";
      check = isList;
      merge = path: values: map (value: mergeWith element path [ value ]) (concatLists values);
    };

  attrsOf =
    element:
    mkOptionType {
      description = "attribute set of ${element.description}";
      inherit element;
      check = isAttrs;
      merge =
        path: values:
        lib.genAttrs (lib.attrNames' values) (
          name:
          mergeWith element (path ++ [ name ]) (
            map (value: value.${name}) (filter (value: value ? ${name}) values)
          )
        );
    };

  nullOr =
    element:
    mkOptionType {
      description = "null or ${element.description}";
      check = value: value == null || element.check value;
      merge =
        path: values: if all (value: value == null) values then null else mergeWith element path values;
    };

  either =
    first: second:
    mkOptionType {
      description = "${first.description} or ${second.description}";
      check = value: first.check value || second.check value;
      merge =
        path: values: (if all first.check values then first else second).merge path values;
    };

  submodule =
    module:
    mkOptionType {
      description = "submodule";
      check = isAttrs;
      merge =
        prefix: values:
        (lib.evalModules {
          inherit prefix;
          modules = [ module ] ++ map (config: { inherit config; }) values;
        }).config;
    };

  # What a JSON document can hold.
  json =
    mkOptionType {
      description = "JSON value";
      check =
        value:
        value == null
        || isBool value
        || isInt value
        || builtins.isFloat value
        || isString value
        || isPath value
        || (isList value && all json.check value)
        || (isAttrs value && all (name: json.check value.${name}) (attrNames value));
      merge =
        path: values:
        if isAttrs (head values) && !lib.isDerivation (head values) then
          (attrsOf json).merge path values
        else
          mergeEqualOption path values;
    };
}
